// clock.h - milliseconds on a clock that runs while the machine sleeps, as the library's does.
#pragma once

#include <time.h>

#include <cstdint>

namespace repolock::shell {

inline int64_t now_ms() {
  timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace repolock::shell
