// redis_server.h - a redis-server of the test's own, on a unix socket in a directory of its own; it
// ends with this process, however that ends.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "support/lock_directory.h"

namespace repolock::testing {

class RedisServer {
 public:
  static bool is_installed();

  // Each option is "--name" or a value of the one before it; environment: NAME=VALUE.
  explicit RedisServer(std::vector<std::string> options = {}, bool has_port = false,
                       std::vector<std::string> environment = {});
  ~RedisServer();
  RedisServer(const RedisServer &) = delete;
  RedisServer &operator=(const RedisServer &) = delete;

  bool is_running() const { return pid_ > 0; }
  std::string path() const { return directory_.path() / "socket"; }
  const LockDirectory &directory() const { return directory_; }
  uint16_t port() const { return port_; }  // 0: only the unix socket

  void kill();     // SIGKILL, and waits for its end
  bool restart();  // in the same place, with what it saved
  void stop();     // SIGSTOP: stopped means stopped
  void resume();
  const std::string &log() const { return log_; }  // until it was ready

 private:
  bool start();
  bool await_ready(int output);

  LockDirectory directory_;
  std::vector<std::string> options_, environment_;
  uint16_t port_ = 0;
  pid_t pid_ = 0;
  int output_ = -1;
  std::string log_;
};

}  // namespace repolock::testing
