// nodes.h - real redis-servers, each with a clock of its own and behind a proxy of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fault/redis/server_clock.h"
#include "support/fault_proxy.h"
#include "support/raw_redis.h"
#include "support/redis_server.h"

namespace repolock::testing {

// What a server that is killed comes back with.
enum class Keeps {
  kNothing,
  kAll,         // each write is on the disk before it is answered
  kEachSecond,  // the system has it, the disk a little later
  kSnapshot     // what was saved when it was told to
};

inline std::vector<std::string> options_of(Keeps keeps) {
  switch (keeps) {
    case Keeps::kAll:
      return {"--appendonly", "yes", "--appendfsync", "always"};
    case Keeps::kEachSecond:
      return {"--appendonly", "yes", "--appendfsync", "everysec"};
    case Keeps::kSnapshot:
      return {"--enable-debug-command", "yes"};
    case Keeps::kNothing:
      break;
  }
  return {};
}

struct Node {
  Node(Keeps keeps, uint32_t seed)
      : server(options_of(keeps), false, clock.environment()),
        proxy(server.path(), FaultProxy::Kind::kUnix, seed) {}

  // Past the proxy.
  std::string text(const std::vector<std::string> &words) const {
    return server.is_running() ? RawRedis(server).text(words) : "-no server";
  }
  int64_t number(const std::vector<std::string> &words) const {
    return server.is_running() ? RawRedis(server).number(words) : -1;
  }

  ServerClock clock;
  RedisServer server;
  FaultProxy proxy;
};

struct Nodes : std::vector<std::unique_ptr<Node>> {
  explicit Nodes(size_t count, Keeps keep = Keeps::kNothing, uint32_t seed = 1) {
    while (size() < count) push_back(std::make_unique<Node>(keep, seed + size()));
  }

  std::string url() const {
    if (size() == 1) return "redis+unix://" + front()->proxy.path();
    std::string url = "redis+quorum://";
    for (const auto &node : *this)
      url += (node == front() ? "unix:" : ",unix:") + node->proxy.path();
    return url;
  }
  std::vector<std::string> paths() const {
    std::vector<std::string> paths;
    for (const auto &node : *this) paths.push_back(node->proxy.path());
    return paths;
  }
};

}  // namespace repolock::testing
