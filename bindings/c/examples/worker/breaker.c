#define _POSIX_C_SOURCE 200809L
#include "breaker.h"

#include <stdlib.h>
#include <string.h>

#include "journal.h"

typedef struct entry {
  struct entry *next;
  char *repo;
  breaker_t breaker;
} entry_t;

/* A worker knows few repositories: a list will do. It lives as long as the process. */
static entry_t *entries;

breaker_t *breaker_of(const char *repo) {
  for (entry_t *entry = entries; entry != NULL; entry = entry->next) {
    if (strcmp(entry->repo, repo) == 0) return &entry->breaker;
  }
  entry_t *entry = calloc(1, sizeof *entry);
  if (entry == NULL) return NULL;
  entry->repo = strdup(repo);
  if (entry->repo == NULL) {
    free(entry);
    return NULL;
  }
  entry->next = entries;
  entries = entry;
  return &entry->breaker;
}

int64_t breaker_pause_ms(const breaker_t *breaker, int64_t now_ms) {
  if (breaker->failures < BREAKER_FAILURES || now_ms >= breaker->open_until_ms) return 0;
  return breaker->open_until_ms - now_ms;
}

void breaker_success(breaker_t *breaker) {
  if (breaker->failures >= BREAKER_FAILURES) journal("breaker", "state=closed");
  breaker->failures = 0;
}

void breaker_failure(breaker_t *breaker, int64_t now_ms) {
  if (++breaker->failures < BREAKER_FAILURES) return;
  breaker->open_until_ms = now_ms + BREAKER_PAUSE_MS;
  journal("breaker", "state=open failures=%d pause_ms=%d", breaker->failures, BREAKER_PAUSE_MS);
}
