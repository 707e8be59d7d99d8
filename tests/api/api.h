/* api.h - what the tests of the shared library have in common: a place for locks, and clients there.
 *
 * Include it first. Each test has a place of its own, so none meets the locks of another, and is
 * ended by an alarm where a call does not return.
 */
#ifndef REPOLOCK_TESTS_API_H
#define REPOLOCK_TESTS_API_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <repolock/repolock.h>

#include <ftw.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* ---- Places ---------------------------------------------------------------------------------- */

struct place {
  char url[96];
  char directory[64]; /* "" with memory: */
  char prefix[24];    /* redis.prefix, for a server that is as if new; "": as it is by itself */
  pid_t server;       /* of redis:, its redis-server; else 0 */
};

/* Far beyond what any test needs, for a machine that does much else. */
enum {
  HANG_SECONDS = 60
};

static inline int memory_place(void **state) {
  static int places;
  struct place *place = calloc(1, sizeof *place);
  if (place == NULL) return -1;
  snprintf(place->url, sizeof place->url, "memory:test-%d", ++places);
  *state = place;
  alarm(HANG_SECONDS);
  return 0;
}

static inline int file_place(void **state) {
  struct place *place = calloc(1, sizeof *place);
  if (place == NULL) return -1;
  /* In memory where there is such a place: a busy disk takes its time to sync a new file. */
  snprintf(place->directory, sizeof place->directory, "%s/repolock-api-XXXXXX",
           access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
  if (mkdtemp(place->directory) == NULL) return -1;
  snprintf(place->url, sizeof place->url, "file://%s", place->directory);
  *state = place;
  alarm(HANG_SECONDS);
  return 0;
}

static inline int remove_one(const char *path, const struct stat *about, int kind, struct FTW *at) {
  (void)about, (void)kind, (void)at;
  return remove(path);
}

static inline int leave_place(void **state) {
  struct place *place = *state;
  alarm(0);
  if (place->server > 0) {
    kill(place->server, SIGKILL);
    waitpid(place->server, NULL, 0);
  }
  if (place->directory[0] != '\0') nftw(place->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
  free(place);
  return 0;
}

static inline bool is_file(const struct place *place) {
  return strncmp(place->url, "file:", strlen("file:")) == 0;
}

static inline bool is_redis(const struct place *place) {
  return place->server > 0;
}

/* clang-format off */
#define ON_MEMORY(test) {#test " (memory:)", test, memory_place, leave_place, NULL}
#define ON_FILE(test) {#test " (file:)", test, file_place, leave_place, NULL}
#define ON_BOTH(test) ON_MEMORY(test), ON_FILE(test)
/* clang-format on */

#define RUN(tests) cmocka_run_group_tests(tests, NULL, NULL)

/* ---- Clients --------------------------------------------------------------------------------- */

/* A name as the functions want it. */
#define NAME(text) (text), strlen(text)

#define assert_status(call, expected)                                                            \
  do {                                                                                           \
    const repolock_status_t status_of_call = (call);                                             \
    if (status_of_call != (expected))                                                            \
      print_error("%s is %s, not %s\n", #call, repolock_status_name(status_of_call), #expected); \
    assert_int_equal(status_of_call, (expected));                                                \
  } while (0)

#define assert_contains(text, part)                                        \
  do {                                                                     \
    const char *text_of_it = (text);                                       \
    if (strstr(text_of_it, (part)) == NULL)                                \
      print_error("\"%s\" does not contain \"%s\"\n", text_of_it, (part)); \
    assert_non_null(strstr(text_of_it, (part)));                           \
  } while (0)

/* With pairs of key and value, and a NULL behind the last. */
static inline repolock_client_t *open_with(const struct place *place, ...) {
  char err[REPOLOCK_ERR_SIZE] = "";
  repolock_client_t *client = NULL;
  repolock_config_t *config = repolock_config_new();
  assert_non_null(config);
  assert_status(repolock_config_set(config, "backend", place->url, err, sizeof err), REPOLOCK_OK);
  if (place->prefix[0] != '\0')
    assert_status(repolock_config_set(config, "redis.prefix", place->prefix, err, sizeof err),
                  REPOLOCK_OK);
  va_list options;
  va_start(options, place);
  for (const char *key; (key = va_arg(options, const char *)) != NULL;)
    assert_status(repolock_config_set(config, key, va_arg(options, const char *), err, sizeof err),
                  REPOLOCK_OK);
  va_end(options);
  if (repolock_client_open(config, &client, err, sizeof err) != REPOLOCK_OK)
    print_error("%s: %s\n", place->url, err);
  assert_non_null(client);
  repolock_config_free(config);
  return client;
}

static inline repolock_client_t *open_client(const struct place *place) {
  return open_with(place, NULL);
}

/* Brings a fault of memory.fault into the life of all clients of the place. */
static inline void suffer(const struct place *place, const char *fault) {
  repolock_client_free(open_with(place, "memory.fault", fault, NULL));
}

/* ---- Requests and leases --------------------------------------------------------------------- */

static inline repolock_request_t *new_request(int64_t ttl_ms, int64_t wait_ms) {
  repolock_request_t *request = repolock_request_new();
  assert_non_null(request);
  repolock_request_set_ttl(request, ttl_ms);
  repolock_request_set_wait(request, wait_ms);
  return request;
}

static inline repolock_lease_t *lock_as(repolock_client_t *client, const char *repo,
                                        const repolock_request_t *request) {
  char err[REPOLOCK_ERR_SIZE] = "";
  repolock_lease_t *lease = NULL;
  if (repolock_acquire(client, NAME(repo), request, &lease, err, sizeof err) != REPOLOCK_OK)
    print_error("%s: %s\n", repo, err);
  assert_non_null(lease);
  return lease;
}

static inline repolock_lease_t *lock(repolock_client_t *client, const char *repo) {
  return lock_as(client, repo, NULL);
}

static inline repolock_lease_t *lock_for(repolock_client_t *client, const char *repo,
                                         int64_t ttl_ms) {
  repolock_request_t *request = new_request(ttl_ms, -1);
  repolock_lease_t *lease = lock_as(client, repo, request);
  repolock_request_free(request);
  return lease;
}

static inline void unlock(repolock_lease_t *lease) {
  assert_status(repolock_release(lease), REPOLOCK_OK);
  repolock_lease_free(lease);
}

/* Whether a client that does not wait gets it; it gives it back at once. */
static inline bool is_free(repolock_client_t *client, const char *repo) {
  repolock_request_t *request = new_request(1000, 0);
  repolock_lease_t *lease = NULL;
  const repolock_status_t status = repolock_acquire(client, NAME(repo), request, &lease, NULL, 0);
  repolock_request_free(request);
  if (status == REPOLOCK_OK) {
    unlock(lease);
    return true;
  }
  assert_status(status, REPOLOCK_E_HELD);
  return false;
}

static inline repolock_op_t *start_lock(repolock_client_t *client, const char *repo,
                                        const repolock_request_t *request) {
  repolock_op_t *op = NULL;
  assert_status(repolock_acquire_start(client, NAME(repo), request, &op), REPOLOCK_OK);
  assert_non_null(op);
  return op;
}

/* The lease of an acquisition that comes to a good end; frees the op. */
static inline repolock_lease_t *take(repolock_op_t *op) {
  repolock_lease_t *lease = NULL;
  assert_status(repolock_op_wait(op, -1), REPOLOCK_OK);
  assert_status(repolock_op_take_lease(op, &lease), REPOLOCK_OK);
  repolock_op_free(op);
  return lease;
}

static inline void close_client(repolock_client_t *client) {
  assert_status(repolock_shutdown(client, 1000), REPOLOCK_OK);
  repolock_client_free(client);
}

/* ---- What others see ------------------------------------------------------------------------- */

static inline repolock_snapshot_t *inspect(repolock_client_t *client, const char *repo) {
  repolock_op_t *op = NULL;
  repolock_snapshot_t *snapshot = NULL;
  assert_status(repolock_inspect_start(client, repo, repo == NULL ? 0 : strlen(repo), &op),
                REPOLOCK_OK);
  assert_status(repolock_op_wait(op, -1), REPOLOCK_OK);
  assert_status(repolock_op_snapshot(op, &snapshot), REPOLOCK_OK);
  repolock_op_free(op);
  return snapshot;
}

static inline size_t rows_of_kind(const repolock_snapshot_t *snapshot, int32_t kind) {
  size_t count = 0;
  for (size_t row = 0; row < repolock_snapshot_size(snapshot); ++row)
    if (repolock_snapshot_number(snapshot, row, REPOLOCK_NUMBER_ROW) == kind) ++count;
  return count;
}

/* Returns when so many stand in the queue of repo. */
static inline void await_waiters(repolock_client_t *client, const char *repo, size_t count) {
  for (size_t found = count + 1; found != count;) {
    repolock_snapshot_t *snapshot = inspect(client, repo);
    found = rows_of_kind(snapshot, REPOLOCK_ROW_WAITER);
    repolock_snapshot_free(snapshot);
    if (found != count) usleep(1000);
  }
}

static inline int64_t stat_of(const repolock_client_t *client, const char *wanted) {
  const char *name = NULL;
  int64_t value = -1;
  for (size_t index = 0; repolock_client_stat(client, index, &name, &value) == REPOLOCK_OK; ++index)
    if (strcmp(name, wanted) == 0) return value;
  fail_msg("there is no stat %s", wanted);
  return -1;
}

#endif
