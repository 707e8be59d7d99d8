// clock.h - time that runs on while the machine sleeps (CLOCK_BOOTTIME; elsewhere monotonic time).
#pragma once

#include <cstdint>

namespace repolock::port {

// Milliseconds since some fixed point of this boot. Never wall clock: it never steps.
int64_t now_ms();

// A descriptor that becomes readable at a point of that time, also if the machine slept meanwhile;
// -1 with errno when there is none to be had.
int alarm_open();
void alarm_close(int fd);
void alarm_set(int fd, int64_t at_ms);
void alarm_clear(int fd);  // takes the readiness away

}  // namespace repolock::port
