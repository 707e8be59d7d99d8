/* breaker.h - a circuit breaker: an upstream that failed several times in a row is left alone for a
 * while.
 *
 * Only git's failures count. That somebody else holds the repository is no failure, and must never
 * open it. */
#ifndef WORKER_BREAKER_H
#define WORKER_BREAKER_H

#include <stdint.h>

enum {
  BREAKER_FAILURES = 3,
  BREAKER_PAUSE_MS = 300
};

/* Zero is a closed breaker. One thread at a time. */
typedef struct breaker {
  int failures;          /* in a row */
  int64_t open_until_ms; /* after that it is half open: one try decides */
} breaker_t;

/* The breaker of that repository, made at first use; NULL: out of memory. */
breaker_t *breaker_of(const char *repo);

/* 0: try now. Else so many milliseconds from now. */
int64_t breaker_pause_ms(const breaker_t *breaker, int64_t now_ms);

void breaker_success(breaker_t *breaker);
void breaker_failure(breaker_t *breaker, int64_t now_ms);

#endif
