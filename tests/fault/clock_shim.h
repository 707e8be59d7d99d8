/* clock_shim.h - clocks that step, for a program that is started with LD_PRELOAD=clock_shim.so and
 * REPOLOCK_TEST_CLOCKS=FILE. Whoever writes the file moves the clocks of all such programs.
 */
#ifndef REPOLOCK_TESTS_CLOCK_SHIM_H
#define REPOLOCK_TESTS_CLOCK_SHIM_H

#include <stdint.h>

/* The file. In milliseconds, ahead of the true time. */
struct clock_offsets {
  int64_t realtime, monotonic, boottime;
};

#endif
