#include "port/clock.h"

#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

namespace repolock::port {

int64_t now_ms() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
}

int alarm_open() {
  return timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
}

void alarm_close(int fd) {
  close(fd);
}

void alarm_set(int fd, int64_t at_ms) {
  at_ms = std::max<int64_t>(at_ms, 1);  // zero would disarm it
  itimerspec when{};
  when.it_value.tv_sec = at_ms / 1000;
  when.it_value.tv_nsec = at_ms % 1000 * 1000000;
  timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, nullptr);
}

void alarm_clear(int fd) {
  uint64_t expirations = 0;
  while (read(fd, &expirations, sizeof expirations) == sizeof expirations) {
  }
}

}  // namespace repolock::port
