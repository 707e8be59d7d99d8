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

struct Node {
  explicit Node(bool keeps_data, uint32_t seed)
      : server(keeps_data
                   ? std::vector<std::string>{"--appendonly", "yes", "--appendfsync", "always"}
                   : std::vector<std::string>{},
               false, clock.environment()),
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
  explicit Nodes(size_t count, bool keep_data = false, uint32_t seed = 1) {
    while (size() < count) push_back(std::make_unique<Node>(keep_data, seed + size()));
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
