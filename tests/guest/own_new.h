/* own_new.h - how many blocks of the program's own operator new are alive. */
#ifndef REPOLOCK_TESTS_OWN_NEW_H
#define REPOLOCK_TESTS_OWN_NEW_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

int64_t news_alive(void);

#ifdef __cplusplus
}
#endif
#endif
