// real_redis.h - a redis-server on a unix socket of its own, which ends with this process, and one
// connection to it.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "backend/redis/codec.h"
#include "redis/store.h"

namespace repolock::sim {

class RealRedis {
 public:
  RealRedis();  // throws std::runtime_error
  ~RealRedis();
  RealRedis(const RealRedis &) = delete;
  RealRedis &operator=(const RealRedis &) = delete;

  static bool is_installed();

  // In one write, so that little time is between them.
  std::vector<Reply> run(const std::vector<Words> &commands);
  Reply run(const Words &command) { return run(std::vector<Words>{command}).front(); }

 private:
  void start();
  void connect();

  std::string directory_;
  pid_t pid_ = 0;
  int socket_ = -1;
  backend::redis::Decoder decoder_;
};

}  // namespace repolock::sim
