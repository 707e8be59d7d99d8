// policy.h - for clients with a habit changed, at the border where commands leave and replies come.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "backend/redis/script.h"
#include "mutants/redis/mutant.h"

namespace repolock::sim {

// Script calls: EVALSHA or EVAL, script, number of keys, keys, run_id, config, arguments.
inline bool runs(std::span<const std::string_view> words, const backend::redis::Script &one) {
  return words.size() > 2 && (words[1] == one.sha1 || words[1] == one.text);
}

inline size_t place_of_argument(std::span<const std::string_view> words, size_t index) {
  return 3 + std::stoull(std::string(words[2])) + index;
}

inline std::string argument(std::span<const std::string_view> words, size_t index) {
  return std::string(words[place_of_argument(words, index)]);
}

// A world whose clients have such connections.
template <class Connection>
RedisParts with(Topology topology = Topology::kOneServer) {
  RedisParts parts;
  parts.topology = topology;
  parts.connection = [](Run &run, RedisService &service, RedisLink &link,
                        std::shared_ptr<Instance> server) {
    return std::make_unique<Connection>(run, service, link, std::move(server));
  };
  return parts;
}

// A lease is good from when the answer comes, not from when it was asked for.
class CountsFromTheReply : public WireConnection {
  using WireConnection::WireConnection;
  void hear(const Command &command, const Reply &reply) override {
    WireConnection::hear({command.on_outcome, link().host().now()}, reply);
  }
};

}  // namespace repolock::sim
