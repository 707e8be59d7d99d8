/* bench.h - what the benches share: a clock, a stop for errors, medians, memory of several processes. */
#ifndef REPOLOCK_BENCH_H
#define REPOLOCK_BENCH_H

#define _GNU_SOURCE
#include <repolock/repolock.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

static inline int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* What this process has used, all its threads together. */
static inline double processor_us(void) {
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e6 +
         (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

static inline void need(int condition, const char *what, const char *err) {
  if (condition) return;
  fprintf(stderr, "bench: %s: %s\n", what, err);
  exit(1);
}

static inline repolock_client_t *open_client(const char *url) {
  char err[REPOLOCK_ERR_SIZE] = "";
  repolock_config_t *config = repolock_config_new();
  repolock_client_t *client = NULL;
  need(repolock_config_set(config, "backend", url, err, sizeof err) == REPOLOCK_OK, url, err);
  need(repolock_config_set(config, "wait_ms", "-1", err, sizeof err) == REPOLOCK_OK, "wait", err);
  need(repolock_client_open(config, &client, err, sizeof err) == REPOLOCK_OK, url, err);
  repolock_config_free(config);
  return client;
}

static inline repolock_lease_t *lock_name(repolock_client_t *client, const char *name) {
  char err[REPOLOCK_ERR_SIZE] = "";
  repolock_lease_t *lease = NULL;
  need(repolock_acquire(client, name, strlen(name), NULL, &lease, err, sizeof err) == REPOLOCK_OK,
       name, err);
  return lease;
}

static inline void unlock_name(repolock_lease_t *lease) {
  need(repolock_release(lease) == REPOLOCK_OK, "release", repolock_lease_message(lease));
  repolock_lease_free(lease);
}

static inline void *shared_memory(size_t size) {
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  need(memory != MAP_FAILED, "mmap", "out of memory");
  return memory;
}

static inline int compare_ns(const void *a, const void *b) {
  const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

/* The share-th part of count values, which it sorts: 0.5 is the median. */
static inline int64_t percentile(int64_t *values, size_t count, double share) {
  size_t index = (size_t)(share * (double)count);
  qsort(values, count, sizeof *values, compare_ns);
  return values[index < count ? index : count - 1];
}

#endif
