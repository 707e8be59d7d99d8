// clocks.h - the test's end of the clocks that step (clock_shim.h).
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "fault/clock_shim.h"

namespace repolock::testing {

class Clocks {
 public:
  // Starts this program again, under the shim; returns in the second one.
  static void install(const char *shim, char **argv) {
    if (getenv(kVariable) != nullptr) return;
    const int fd = memfd_create("clocks", 0);
    if (fd < 0 || ftruncate(fd, sizeof(clock_offsets)) != 0) return;
    setenv(kVariable, ("/proc/self/fd/" + std::to_string(fd)).c_str(), 1);
    setenv("LD_PRELOAD", shim, 1);
    // The sanitizer wants to be the first library, which it need not be.
    const char *options = getenv("ASAN_OPTIONS");
    setenv("ASAN_OPTIONS",
           (std::string(options == nullptr ? "" : options) + ":verify_asan_link_order=0").c_str(),
           1);
    execv("/proc/self/exe", argv);
  }

  Clocks() {
    const int fd = open(getenv(kVariable), O_RDWR | O_CLOEXEC);
    void *mapped = mmap(nullptr, sizeof *offsets_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "clocks");
    close(fd);
    offsets_ = static_cast<clock_offsets *>(mapped);
  }
  ~Clocks() {
    offsets_->realtime = offsets_->gain_ms = 0;
    munmap(offsets_, sizeof *offsets_);
  }
  Clocks(const Clocks &) = delete;
  Clocks &operator=(const Clocks &) = delete;

  // CLOCK_BOOTTIME runs at this rate, in thousandths, until the end of this object; for programs that
  // are started meanwhile: the others would see it go back then.
  void run_boottime_at(int64_t rate) {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    offsets_->since_ns = static_cast<int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec -
                         offsets_->boottime * 1'000'000;
    offsets_->gain_ms = rate - 1000;
  }
  // Of all processes of this test, from now on. Only realtime ever goes back.
  clock_offsets *operator->() { return offsets_; }

 private:
  static constexpr char kVariable[] = "REPOLOCK_TEST_CLOCKS";
  clock_offsets *offsets_;
};

}  // namespace repolock::testing
