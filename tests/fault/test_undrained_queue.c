/* A host that never drains its queue: the queue is as long as the handles that it keeps, and no
 * longer; what is told again replaces what was told before; and at the end all of it is there. */
#include "api/api.h"
#include "row.h"
#include "support/own_allocator.h"

enum {
  OPS = 300
};

static void *tag(uintptr_t number) {
  return (void *)number;
}

/* Completed, and its DONE in the queue, or on the way there: it may have completed before. */
static repolock_op_t *look_once(repolock_client_t *client, uintptr_t number) {
  repolock_op_t *op = NULL;
  assert_status(repolock_inspect_start(client, NAME("a/b"), &op), REPOLOCK_OK);
  assert_status(repolock_op_on_done(op, NULL, tag(number), NULL), REPOLOCK_OK);
  assert_status(repolock_op_wait(op, -1), REPOLOCK_OK);
  return op;
}

static void settle_down(repolock_client_t *client) {
  repolock_op_t *op = NULL;
  assert_status(repolock_diagnose_start(client, &op), REPOLOCK_OK);
  assert_status(repolock_op_wait(op, -1), REPOLOCK_OK);
  repolock_op_free(op);
}

static void news_of_freed_handles_takes_no_room(void **state) {
  struct row row = begin_row("a queue that nobody drains: freed handles", 3000);
  repolock_client_t *client = open_client(*state);
  for (int warm = 0; warm < 10; ++warm) repolock_op_free(look_once(client, 0));
  settle_down(client);
  const int64_t bytes = bytes_alive();
  while (again(&row)) repolock_op_free(look_once(client, 0));
  settle_down(client);
  MUST(&row, bytes_alive() <= bytes + 4096);
  repolock_event_t *event = NULL;
  MUST(&row, repolock_event_next(client, 0, &event) == REPOLOCK_E_PENDING);
  assert_true(end_row(&row, "%lld bytes more", (long long)(bytes_alive() - bytes)));
  close_client(client);
}

/* One event for each, in their order; nothing is lost or told twice. */
static void news_of_kept_handles_is_kept(void **state) {
  static repolock_op_t *ops[OPS];
  struct row row = begin_row("a queue that nobody drains: kept handles", 10);
  repolock_client_t *client = open_client(*state);
  int64_t most = 0;
  while (again(&row)) {
    const int64_t bytes = bytes_alive();
    for (uintptr_t i = 0; i < OPS; ++i) ops[i] = look_once(client, i);
    if (bytes_alive() - bytes > most) most = bytes_alive() - bytes;
    for (uintptr_t i = 0; i < OPS; ++i) {
      repolock_event_t *event = NULL;
      MUST(&row, repolock_event_next(client, -1, &event) == REPOLOCK_OK);
      MUST(&row, repolock_event_user_data(event) == tag(i));
      repolock_event_free(event);
      repolock_op_free(ops[i]);
    }
  }
  MUST(&row, most < (int64_t)OPS * 4096);
  assert_true(end_row(&row, "%lld bytes for an op and its event", (long long)(most / OPS)));
  close_client(client);
}

/* A waiter whose place changes all the time, and a lease that is lost at the end. */
static void of_a_long_wait_the_newest_is_kept(void **state) {
  struct row row = begin_row("a queue that nobody drains: places", 400);
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  repolock_op_t *before = NULL, *shutdown = NULL;
  assert_status(repolock_lease_on_lost(lease, NULL, tag(1), NULL), REPOLOCK_OK);
  before = start_lock(client, "a/b", NULL);
  await_waiters(client, "a/b", 1);
  repolock_op_t *op = start_lock(client, "a/b", NULL);
  assert_status(repolock_op_on_wait(op, NULL, tag(2), NULL), REPOLOCK_OK);
  assert_status(repolock_op_on_done(op, NULL, tag(3), NULL), REPOLOCK_OK);
  await_waiters(client, "a/b", 2);
  int64_t bytes = 0;
  while (again(&row)) {
    /* The one in front goes, and waits again behind it, and the next one goes. */
    repolock_op_t *behind = start_lock(client, "a/b", NULL);
    repolock_op_cancel(row.runs % 2 == 0 ? behind : before);
    repolock_op_free(row.runs % 2 == 0 ? behind : before);
    if (row.runs % 2 == 1) before = behind;
    settle_down(client);
    if (row.runs == 20) bytes = bytes_alive();
  }
  MUST(&row, bytes_alive() <= bytes + 16384);
  assert_status(repolock_shutdown_start(client, 0, &shutdown), REPOLOCK_OK);
  assert_status(repolock_op_on_done(shutdown, NULL, tag(4), NULL), REPOLOCK_OK);
  assert_status(repolock_op_wait(shutdown, -1), REPOLOCK_OK);

  int told[5] = {0};
  uintptr_t last = 0;
  repolock_event_t *event = NULL;
  repolock_status_t status;
  while ((status = repolock_event_next(client, -1, &event)) == REPOLOCK_OK) {
    last = (uintptr_t)repolock_event_user_data(event);
    ++told[last];
    repolock_event_free(event);
  }
  MUST(&row, status == REPOLOCK_E_SHUTDOWN);
  MUST(&row, told[1] == 1 && told[2] <= 1 && told[3] == 1 && told[4] == 1);
  MUST(&row, last == 4);
  assert_true(end_row(&row, "%lld bytes more", (long long)(bytes_alive() - bytes)));
  repolock_op_free(op);
  repolock_op_free(before);
  repolock_op_free(shutdown);
  repolock_lease_free(lease);
  repolock_client_free(client);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_MEMORY(news_of_freed_handles_takes_no_room),
      ON_BOTH(news_of_kept_handles_is_kept),
      ON_BOTH(of_a_long_wait_the_newest_is_kept),
  };
  return RUN(tests);
}
