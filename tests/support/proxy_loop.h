// proxy_loop.h - the inside of a FaultProxy: its connections, and what is on its way through them.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <list>
#include <random>
#include <string>
#include <vector>

#include "support/fault_proxy.h"

namespace repolock::testing {

class ProxyLoop {
 public:
  ProxyLoop(std::string server_path, int listener, int wake_up, int record, ProxyFaults &faults,
            uint32_t seed);
  [[noreturn]] void run();

 private:
  struct Parcel {
    int64_t due_ms;
    std::string bytes;
  };
  // One way of one connection: read, kept until it is due, written.
  struct Way {
    int from = -1, to = -1;
    std::deque<Parcel> parcels;
    bool has_ended = false;  // its end has been read
    bool has_hole = false;
  };
  struct Pipe {
    Way requests, replies, again;
    int again_fd = -1;  // a connection of the proxy's own: what was said is said again
    pid_t client = 0;
    bool is_over = false;
  };

  void accept();
  WayFaults &faults_of(const Pipe &pipe, WayFaults &way);
  bool read(Pipe &pipe, Way &way, const WayFaults &faults);
  void deliver(Pipe &pipe, Way &way, WayFaults &faults);
  bool write(Pipe &pipe, Way &way, WayFaults &faults);
  void say_again(Pipe &pipe, const std::string &bytes);
  void cut(Pipe &pipe);
  int64_t next_due();

  const std::string server_path_;
  const int listener_, wake_up_, record_;
  ProxyFaults &faults_;
  WayFaults none_;
  std::minstd_rand random_;
  std::list<Pipe> pipes_;
  uint32_t cuts_ = 0;
};

}  // namespace repolock::testing
