/* threads.h - how many threads this process has. */
#ifndef REPOLOCK_TESTS_THREADS_H
#define REPOLOCK_TESTS_THREADS_H

#include <stdio.h>

/* Without the one that the thread sanitizer has for itself, from the first other one on. */
static inline int threads_of_this_process(void) {
  int threads = 0;
  char line[128];
  FILE *status = fopen("/proc/self/status", "re");
  while (status != NULL && fgets(line, sizeof line, status) != NULL)
    if (sscanf(line, "Threads: %d", &threads) == 1) break;
  if (status != NULL) fclose(status);
#ifdef __SANITIZE_THREAD__
  if (threads > 1) --threads;
#endif
  return threads;
}

#endif
