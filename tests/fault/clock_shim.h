/* clock_shim.h - clocks that step or run too fast or too slowly, for a program that is started with LD_PRELOAD=clock_shim.so and
 * REPOLOCK_TEST_CLOCKS=FILE. Whoever writes the file moves the clocks of all such programs.
 */
#ifndef REPOLOCK_TESTS_CLOCK_SHIM_H
#define REPOLOCK_TESTS_CLOCK_SHIM_H

#include <stdint.h>

/* The file. In milliseconds, ahead of the true time. */
struct clock_offsets {
  int64_t realtime, monotonic, boottime;
  /* CLOCK_BOOTTIME gains so much in a true second, or loses it, since it had that true time. */
  int64_t gain_ms, since_ns;
};

#endif
