// server_clock.h - the clock of one redis-server, which steps as a test wants (clock_shim.h).
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "fault/clock_shim.h"

namespace repolock::testing {

class ServerClock {
 public:
  ServerClock() : fd_(memfd_create("clock", MFD_CLOEXEC)) {
    if (ftruncate(fd_, sizeof(clock_offsets)) != 0) return;
    void *mapped = mmap(nullptr, sizeof(clock_offsets), PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
    if (mapped != MAP_FAILED) offsets_ = static_cast<clock_offsets *>(mapped);
  }
  ~ServerClock() {
    munmap(offsets_, sizeof *offsets_);
    close(fd_);
  }
  ServerClock(const ServerClock &) = delete;
  ServerClock &operator=(const ServerClock &) = delete;

  // For a RedisServer, as long as this process lives.
  std::vector<std::string> environment() const {
    return {
        std::string("LD_PRELOAD=") + CLOCK_SHIM,
        "REPOLOCK_TEST_CLOCKS=/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(fd_)};
  }
  // Ahead of the true time, from now on.
  void set(int64_t ms) { offsets_->realtime = ms; }
  int64_t ahead_ms() const { return offsets_->realtime; }

 private:
  int fd_;
  clock_offsets *offsets_ = nullptr;
};

}  // namespace repolock::testing
