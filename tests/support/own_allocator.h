/* own_allocator.h - a test program's own malloc, which every library in it uses as well.
 *
 * It counts the blocks that are alive, fills what is given and what is freed with rubbish, ends the
 * program where a block is freed that is not one (any more), and fails when it is told to. Link
 * own_allocator.c to the program. What the dynamic loader takes (the tables of a thread, kept with
 * its stack for the next one) is neither counted nor refused.
 */
#ifndef REPOLOCK_TESTS_OWN_ALLOCATOR_H
#define REPOLOCK_TESTS_OWN_ALLOCATOR_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

int64_t blocks_alive(void);
int64_t bytes_alive(void);

/* From here on the nth allocation of any thread fails: that one alone, or all from it on. */
void fail_allocation(int64_t nth, bool all_from_there);
/* Whether it came to that. */
bool stop_failing(void);

#ifdef __cplusplus
}
#endif
#endif
