/* Events in the client's queue, for a caller that wants no foreign thread in its runtime. */
#include "news.h"
#include "redis_place.h"

#include <poll.h>

static bool is_readable(const repolock_client_t *client) {
  struct pollfd fd = {repolock_event_fd(client), POLLIN, 0};
  return poll(&fd, 1, 0) == 1 && (fd.revents & POLLIN) != 0;
}

/* What the queue gives next, waiting for it as an event loop does: by its descriptor. */
static struct told next_told(repolock_client_t *client) {
  struct pollfd fd = {repolock_event_fd(client), POLLIN, 0};
  repolock_event_t *event = NULL;
  assert_int_equal(poll(&fd, 1, -1), 1);
  assert_status(repolock_event_next(client, 0, &event), REPOLOCK_OK);
  const struct told told = read_event(event);
  repolock_event_free(event);
  return told;
}

static void assert_queue_is_empty(repolock_client_t *client) {
  repolock_event_t *event = NULL;
  assert_false(is_readable(client));
  assert_status(repolock_event_next(client, 0, &event), REPOLOCK_E_PENDING);
  assert_null(event);
}

static void assert_queue_has_ended(repolock_client_t *client) {
  repolock_event_t *event = NULL;
  for (int i = 0; i < 2; ++i) {
    assert_true(is_readable(client));
    assert_status(repolock_event_next(client, -1, &event), REPOLOCK_E_SHUTDOWN);
  }
  assert_null(event);
}

/* user_data is any bit pattern. */
static void *tag(uintptr_t number) {
  return (void *)number;
}

static void readable_while_something_is_queued(void **state) {
  repolock_client_t *client = open_client(*state);
  assert_true(repolock_event_fd(client) >= 0);
  assert_queue_is_empty(client);
  repolock_op_t *op = start_lock(client, "a/b", NULL);
  assert_status(repolock_op_on_done(op, NULL, tag(UINTPTR_MAX), NULL), REPOLOCK_OK);
  const struct told told = next_told(client);
  assert_int_equal(told.kind, REPOLOCK_EVENT_DONE);
  assert_status(told.status, REPOLOCK_OK);
  assert_ptr_equal(told.user_data, tag(UINTPTR_MAX));
  assert_queue_is_empty(client);

  /* What has happened already comes at once. */
  repolock_op_t *late = start_lock(client, "a/b", NULL);
  repolock_op_cancel(late);
  assert_status(repolock_op_wait(late, -1), REPOLOCK_E_CANCELED);
  assert_status(repolock_op_on_done(late, NULL, NULL, NULL), REPOLOCK_OK);
  const struct told canceled = next_told(client);
  assert_status(canceled.status, REPOLOCK_E_CANCELED);
  assert_contains(canceled.message, "a/b");
  assert_null(canceled.user_data);
  repolock_op_free(late);
  unlock(take(op));
  close_client(client);
}

static void next_waits_for_so_long(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  repolock_event_t *event = NULL;
  assert_status(repolock_event_next(client, 20, &event), REPOLOCK_E_PENDING);
  assert_status(repolock_event_next(client, -2, &event), REPOLOCK_E_INVALID);
  assert_status(repolock_event_next(client, 0, NULL), REPOLOCK_E_INVALID);
  assert_status(repolock_event_next(NULL, 0, &event), REPOLOCK_E_INVALID);
  assert_null(event);
  assert_status(repolock_lease_on_lost(lease, NULL, tag(7), NULL), REPOLOCK_OK);
  suffer(*state, "break");
  assert_status(repolock_event_next(client, -1, &event), REPOLOCK_OK);
  const struct told told = read_event(event);
  assert_int_equal(told.kind, REPOLOCK_EVENT_LOST);
  assert_status(told.status, REPOLOCK_E_LOST);
  assert_string_equal(told.repo, "a/b");
  assert_string_equal(told.reason, "broken");
  assert_ptr_equal(told.user_data, tag(7));
  const char *key, *value;
  assert_status(repolock_event_field(event, 99, &key, &value), REPOLOCK_E_INVALID);
  assert_status(repolock_event_field(event, 0, NULL, &value), REPOLOCK_E_INVALID);
  assert_status(repolock_event_field(event, 0, &key, NULL), REPOLOCK_E_INVALID);
  repolock_event_free(event);
  repolock_lease_free(lease);
  close_client(client);
}

static void of_waiting_the_newest_is_kept(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  repolock_op_t *before[5];
  for (size_t i = 0; i < 5; ++i) {
    before[i] = start_lock(client, "a/b", NULL);
    await_waiters(client, "a/b", i + 1);
  }
  repolock_op_t *op = start_lock(client, "a/b", NULL);
  assert_status(repolock_op_on_wait(op, NULL, tag(1), NULL), REPOLOCK_OK);
  assert_status(repolock_op_on_done(op, NULL, tag(2), NULL), REPOLOCK_OK);
  await_waiters(client, "a/b", 6);
  for (size_t i = 5; i > 0; --i) {
    repolock_op_free(before[i - 1]);
    await_waiters(client, "a/b", i);
  }
  /* It has moved up five times: that may come late, but never as five events. */
  struct told told = next_told(client);
  while (strstr(told.message, "you are next") == NULL) told = next_told(client);
  assert_int_equal(told.kind, REPOLOCK_EVENT_WAITING);
  assert_ptr_equal(told.user_data, tag(1));
  assert_queue_is_empty(client);
  unlock(lease);
  told = next_told(client);
  assert_int_equal(told.kind, REPOLOCK_EVENT_DONE);
  assert_ptr_equal(told.user_data, tag(2));
  assert_queue_is_empty(client);
  unlock(take(op));
  close_client(client);
}

static void what_belongs_to_a_freed_handle_is_gone(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_op_t *op = start_lock(client, "a/b", NULL);
  assert_status(repolock_op_wait(op, -1), REPOLOCK_OK);
  assert_status(repolock_op_on_done(op, NULL, tag(1), NULL), REPOLOCK_OK);
  settle(client);
  assert_true(is_readable(client));
  repolock_op_free(op);
  assert_queue_is_empty(client);

  repolock_lease_t *lease = lock(client, "a/b");
  assert_status(repolock_lease_on_lost(lease, NULL, tag(2), NULL), REPOLOCK_OK);
  suffer(*state, "break");
  while (!is_readable(client)) usleep(1000);
  repolock_lease_free(lease);
  assert_queue_is_empty(client);
  close_client(client);
}

/* An event has a copy of all it tells. */
static void an_event_outlives_all(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  repolock_op_t *op = start_lock(client, "a/b", NULL);
  assert_status(repolock_op_on_done(op, NULL, tag(1), NULL), REPOLOCK_OK);
  assert_status(repolock_lease_on_lost(lease, NULL, tag(2), NULL), REPOLOCK_OK);
  assert_status(repolock_shutdown(client, 0), REPOLOCK_OK);
  repolock_event_t *events[2] = {NULL, NULL};
  for (size_t i = 0; i < 2; ++i)
    assert_status(repolock_event_next(client, 0, &events[i]), REPOLOCK_OK);
  repolock_op_free(op);
  repolock_lease_free(lease);
  repolock_client_free(client);
  for (size_t i = 0; i < 2; ++i) {
    assert_status(repolock_event_status(events[i]), REPOLOCK_E_SHUTDOWN);
    assert_contains(repolock_event_message(events[i]), "a/b");
    repolock_event_free(events[i]);
  }
}

static void the_queue_can_be_read_to_its_end(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  repolock_op_t *waiter = start_lock(client, "a/b", NULL), *shutdown = NULL;
  assert_status(repolock_lease_on_lost(lease, NULL, tag(1), NULL), REPOLOCK_OK);
  assert_status(repolock_op_on_done(waiter, NULL, tag(2), NULL), REPOLOCK_OK);
  assert_status(repolock_shutdown_start(client, 0, &shutdown), REPOLOCK_OK);
  assert_status(repolock_op_on_done(shutdown, NULL, tag(3), NULL), REPOLOCK_OK);
  assert_status(repolock_op_wait(shutdown, -1), REPOLOCK_OK);

  assert_int_equal(next_told(client).kind, REPOLOCK_EVENT_DONE); /* of the waiter, at once */
  assert_int_equal(next_told(client).kind, REPOLOCK_EVENT_LOST);
  assert_ptr_equal(next_told(client).user_data, tag(3)); /* the client's last */
  assert_queue_has_ended(client);
  repolock_op_free(shutdown);
  repolock_op_free(waiter);
  repolock_lease_free(lease);
  assert_queue_has_ended(client);
  repolock_client_free(client);
}

/* ---- Log lines ------------------------------------------------------------------------------- */

enum {
  LEASES = 510,
  LINES_KEPT = 1000
};

/* Each lease has two lines to tell: its renewal fails, and then does not. */
static void the_last_thousand_log_lines_are_kept(void **state) {
  static repolock_lease_t *leases[LEASES];
  char repo[32], fault[48];
  repolock_client_t *client = open_client(*state);
  repolock_request_t *request = new_request(30000, 0);
  repolock_request_set_renew(request, 0); /* by hand, so that it fails once */
  assert_status(repolock_client_on_log(client, REPOLOCK_LOG_INFO, NULL, tag(5), NULL), REPOLOCK_OK);
  for (int i = 0; i < LEASES; ++i) {
    snprintf(repo, sizeof repo, "a/%d", i);
    leases[i] = lock_as(client, repo, request);
  }
  repolock_request_free(request);
  snprintf(fault, sizeof fault, "unavailable=extend*%d", LEASES);
  suffer(*state, fault);
  for (int i = 0; i < LEASES; ++i)
    assert_status(repolock_extend(leases[i], 30000), REPOLOCK_E_UNAVAILABLE);
  for (int i = 0; i < LEASES; ++i) assert_status(repolock_extend(leases[i], 30000), REPOLOCK_OK);
  settle(client);

  assert_true(stat_of(client, "log_dropped") == 2 * LEASES - LINES_KEPT);
  for (int i = 0; i < LINES_KEPT; ++i) {
    const struct told told = next_told(client);
    const bool failed = i < LINES_KEPT - LEASES;
    assert_int_equal(told.kind, REPOLOCK_EVENT_LOG);
    assert_int_equal(told.level, failed ? REPOLOCK_LOG_WARN : REPOLOCK_LOG_INFO);
    assert_string_equal(told.event, failed ? "renewal_failed" : "renewal_recovered");
    snprintf(repo, sizeof repo, "a/%d",
             failed ? i + 2 * LEASES - LINES_KEPT : i + LEASES - LINES_KEPT);
    assert_string_equal(told.repo, repo);
    assert_ptr_equal(told.user_data, tag(5));
  }
  assert_queue_is_empty(client);
  for (int i = 0; i < LEASES; ++i) unlock(leases[i]);
  close_client(client);
}

/* ---- Several readers ------------------------------------------------------------------------- */

enum {
  OPS = 400,
  READERS = 4
};

struct crowd {
  repolock_client_t *client;
  pthread_mutex_t mutex;
  int seen[OPS];
};

static void *read_to_the_end(void *data) {
  struct crowd *crowd = data;
  repolock_event_t *event = NULL;
  repolock_status_t status;
  while ((status = repolock_event_next(crowd->client, 50, &event)) != REPOLOCK_E_SHUTDOWN) {
    if (status != REPOLOCK_OK) continue;
    pthread_mutex_lock(&crowd->mutex);
    ++crowd->seen[(uintptr_t)repolock_event_user_data(event)];
    pthread_mutex_unlock(&crowd->mutex);
    repolock_event_free(event);
  }
  return NULL;
}

static void each_event_goes_to_one_reader(void **state) {
  static struct crowd crowd;
  repolock_op_t *ops[OPS];
  pthread_t readers[READERS];
  memset(&crowd, 0, sizeof crowd);
  pthread_mutex_init(&crowd.mutex, NULL);
  crowd.client = open_client(*state);
  for (int i = 0; i < READERS; ++i) pthread_create(&readers[i], NULL, read_to_the_end, &crowd);
  for (int i = 0; i < OPS; ++i) {
    assert_status(repolock_inspect_start(crowd.client, NAME("a/b"), &ops[i]), REPOLOCK_OK);
    assert_status(repolock_op_on_done(ops[i], NULL, tag((uintptr_t)i), NULL), REPOLOCK_OK);
  }
  for (int i = 0; i < OPS; ++i) assert_status(repolock_op_wait(ops[i], -1), REPOLOCK_OK);
  assert_status(repolock_shutdown(crowd.client, 0), REPOLOCK_OK);
  for (int i = 0; i < READERS; ++i) pthread_join(readers[i], NULL);
  for (int i = 0; i < OPS; ++i) {
    assert_int_equal(crowd.seen[i], 1);
    repolock_op_free(ops[i]);
  }
  repolock_client_free(crowd.client);
}

static void null_is_nothing(void **state) {
  (void)state;
  const char *key, *value;
  assert_int_equal(repolock_event_fd(NULL), -1);
  assert_int_equal(repolock_event_kind(NULL), 0);
  assert_null(repolock_event_user_data(NULL));
  assert_status(repolock_event_status(NULL), REPOLOCK_E_INVALID);
  assert_string_equal(repolock_event_message(NULL), "");
  assert_int_equal(repolock_event_level(NULL), 0);
  assert_status(repolock_event_field(NULL, 0, &key, &value), REPOLOCK_E_INVALID);
  repolock_event_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_EACH(readable_while_something_is_queued),
      ON_MEMORY(next_waits_for_so_long),
      ON_EACH(of_waiting_the_newest_is_kept),
      ON_MEMORY(what_belongs_to_a_freed_handle_is_gone),
      ON_EACH(an_event_outlives_all),
      ON_EACH(the_queue_can_be_read_to_its_end),
      ON_MEMORY(the_last_thousand_log_lines_are_kept),
      ON_EACH(each_event_goes_to_one_reader),
      cmocka_unit_test(null_is_nothing),
  };
  return RUN(tests);
}
