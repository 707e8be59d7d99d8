/* Operations: one result for ever, whatever is wrong told in it, cancel, free, the lease inside. */
#include "redis_place.h"

static void pending_then_for_ever_the_result(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b"), *won = NULL;
  repolock_op_t *op = start_lock(client, "a/b", NULL);
  await_waiters(client, "a/b", 1);
  assert_status(repolock_op_status(op), REPOLOCK_E_PENDING);
  assert_string_equal(repolock_op_message(op), "");
  assert_status(repolock_op_wait(op, 0), REPOLOCK_E_PENDING);
  assert_status(repolock_op_wait(op, 20), REPOLOCK_E_PENDING); /* and it goes on */
  assert_status(repolock_op_take_lease(op, &won), REPOLOCK_E_PENDING);
  assert_null(won);
  unlock(lease);
  assert_status(repolock_op_wait(op, -1), REPOLOCK_OK);
  assert_status(repolock_op_wait(op, 0), REPOLOCK_OK);
  assert_status(repolock_op_status(op), REPOLOCK_OK);
  repolock_op_cancel(op);
  assert_status(repolock_op_status(op), REPOLOCK_OK);

  assert_status(repolock_op_take_lease(op, &won), REPOLOCK_OK);
  repolock_lease_t *again = NULL;
  assert_status(repolock_op_take_lease(op, &again), REPOLOCK_E_INVALID);
  assert_null(again);
  repolock_op_free(op);
  assert_status(repolock_lease_status(won), REPOLOCK_OK);
  unlock(won);
  close_client(client);
}

static void a_failure_is_told_in_words_that_stay(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b"), *none = NULL;
  repolock_request_t *request = new_request(1000, 20);
  repolock_op_t *op = start_lock(client, "a/b", request);
  const char *before = repolock_op_message(op);
  assert_status(repolock_op_wait(op, -1), REPOLOCK_E_TIMEOUT);
  const char *message = repolock_op_message(op);
  assert_contains(message, "a/b");
  unlock(lease);
  assert_ptr_equal(repolock_op_message(op), message);
  assert_string_equal(before, "");
  assert_status(repolock_op_take_lease(op, &none), REPOLOCK_E_INVALID);
  repolock_op_free(op);
  repolock_request_free(request);
  close_client(client);
}

/* One error path: *_start gives an op, and that says what is wrong. */
static void whatever_is_wrong_is_the_result(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  repolock_request_t *request = new_request(0, -1);
  static const char *named[] = {"../x", "ttl 0 ms", "nameless", "ttl 0 ms", "-2", "../y"};
  repolock_op_t *ops[] = {
      start_lock(client, "../x", NULL), start_lock(client, "a/b", request), NULL, NULL, NULL, NULL};
  assert_status(repolock_inspect_start(client, NAME("nameless"), &ops[2]), REPOLOCK_OK);
  assert_status(repolock_extend_start(lease, 0, &ops[3]), REPOLOCK_OK);
  assert_status(repolock_shutdown_start(client, -2, &ops[4]), REPOLOCK_OK);
  assert_status(repolock_break_start(client, NAME("../y"), repolock_lease_id(lease), &ops[5]),
                REPOLOCK_OK);
  for (size_t i = 0; i < 6; ++i) {
    assert_status(repolock_op_wait(ops[i], -1), REPOLOCK_E_INVALID);
    assert_contains(repolock_op_message(ops[i]), named[i]);
    repolock_op_free(ops[i]);
  }
  repolock_request_free(request);
  unlock(lease); /* untouched by all that */
  close_client(client);
}

static void snapshot_of_an_acquisition(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_snapshot_t *snapshot = NULL;
  repolock_lease_t *lease = lock(client, "a/b");
  repolock_op_t *op = start_lock(client, "a/b", NULL);
  await_waiters(client, "a/b", 1);
  assert_status(repolock_op_snapshot(op, &snapshot), REPOLOCK_OK);
  assert_int_equal(rows_of_kind(snapshot, REPOLOCK_ROW_HOLDER), 1);
  assert_int_equal(rows_of_kind(snapshot, REPOLOCK_ROW_WAITER), 1);
  assert_string_equal(repolock_snapshot_text(snapshot, 0, REPOLOCK_TEXT_LEASE_ID),
                      repolock_lease_id(lease));
  assert_int_equal(repolock_snapshot_number(snapshot, 1, REPOLOCK_NUMBER_PLACE), 1);
  assert_string_equal(repolock_snapshot_text(snapshot, 1, REPOLOCK_TEXT_REPO), "a/b");
  repolock_snapshot_free(snapshot);

  repolock_op_cancel(op);
  assert_status(repolock_op_wait(op, -1), REPOLOCK_E_CANCELED);
  assert_status(repolock_op_snapshot(op, &snapshot), REPOLOCK_OK);
  assert_string_equal(repolock_snapshot_text(snapshot, 0, REPOLOCK_TEXT_LEASE_ID),
                      repolock_lease_id(lease));
  repolock_op_free(op);
  repolock_snapshot_free(snapshot); /* outlives its op */

  repolock_snapshot_t *none = NULL;
  assert_status(repolock_release_start(lease, &op), REPOLOCK_OK);
  assert_status(repolock_op_wait(op, -1), REPOLOCK_OK);
  assert_status(repolock_op_snapshot(op, &none), REPOLOCK_E_INVALID);
  assert_null(none);
  repolock_op_free(op);
  repolock_lease_free(lease);
  close_client(client);
}

static void a_waiter_that_is_canceled_leaves_the_queue(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  repolock_op_t *first = start_lock(client, "a/b", NULL);
  await_waiters(client, "a/b", 1);
  repolock_op_t *second = start_lock(client, "a/b", NULL);
  await_waiters(client, "a/b", 2);
  repolock_op_cancel(first);
  repolock_op_cancel(first);
  assert_status(repolock_op_wait(first, -1), REPOLOCK_E_CANCELED);
  assert_contains(repolock_op_message(first), "a/b");
  await_waiters(client, "a/b", 1);
  unlock(lease);
  unlock(take(second));
  repolock_op_free(first);
  close_client(client);
}

/* It may have won without anybody knowing: that is released. */
static void what_a_canceled_one_wins_is_released(void **state) {
  static const char *faults[] = {"lose-reply=acquire", "delay=acquire:50", "drop=acquire"};
  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; ++i) {
    repolock_client_t *client = open_client(*state);
    suffer(*state, faults[i]);
    repolock_op_t *op = start_lock(client, "a/b", NULL);
    assert_status(repolock_op_wait(op, 10), REPOLOCK_E_PENDING);
    repolock_op_cancel(op);
    assert_status(repolock_op_wait(op, -1), REPOLOCK_E_CANCELED);
    unlock(lock(client, "a/b")); /* in far less than the ttl of 30 s */
    repolock_op_free(op);
    close_client(client);
  }
}

/* Cancel is for acquisitions: anything else goes on to its end. */
static void cancel_of_another_op_has_no_effect(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  repolock_op_t *extend = NULL, *release = NULL;
  assert_status(repolock_extend_start(lease, 5000, &extend), REPOLOCK_OK);
  repolock_op_cancel(extend);
  assert_status(repolock_release_start(lease, &release), REPOLOCK_OK);
  repolock_op_cancel(release);
  assert_status(repolock_op_wait(extend, -1), REPOLOCK_OK);
  assert_status(repolock_op_wait(release, -1), REPOLOCK_OK);
  repolock_op_free(extend);
  repolock_op_free(release);
  repolock_lease_free(lease);
  close_client(client);
}

static void freed_under_way_it_is_canceled(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  repolock_op_t *op = start_lock(client, "a/b", NULL);
  await_waiters(client, "a/b", 1);
  repolock_op_free(op);
  await_waiters(client, "a/b", 0);
  unlock(lease);
  assert_true(is_free(client, "a/b"));
  close_client(client);
}

static void a_lease_that_nobody_took_is_released(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_op_t *op = start_lock(client, "a/b", NULL);
  assert_status(repolock_op_wait(op, -1), REPOLOCK_OK);
  assert_false(is_free(client, "a/b"));
  repolock_op_free(op);
  unlock(lock(client, "a/b"));
  /* Freed at once: it may win before that, while it is freed, or never. */
  for (int i = 0; i < 50; ++i) repolock_op_free(start_lock(client, "a/b", NULL));
  unlock(lock(client, "a/b"));
  assert_true(stat_of(client, "locks_held") == 0);
  close_client(client);
}

static void a_lease_may_be_lost_before_it_is_taken(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_op_t *op = start_lock(client, "a/b", NULL), *look = NULL;
  repolock_lease_t *lease = NULL;
  assert_status(repolock_op_wait(op, -1), REPOLOCK_OK);
  repolock_snapshot_t *snapshot = inspect(client, "a/b");
  assert_status(
      repolock_break_start(client, NAME("a/b"),
                           repolock_snapshot_text(snapshot, 0, REPOLOCK_TEXT_LEASE_ID), &look),
      REPOLOCK_OK);
  assert_status(repolock_op_wait(look, -1), REPOLOCK_OK);
  assert_status(repolock_op_take_lease(op, &lease), REPOLOCK_OK);
  while (repolock_lease_status(lease) == REPOLOCK_OK) usleep(1000);
  assert_status(repolock_lease_status(lease), REPOLOCK_E_LOST);
  assert_status(repolock_release(lease), REPOLOCK_E_LOST);
  repolock_snapshot_free(snapshot);
  repolock_op_free(look);
  repolock_op_free(op);
  repolock_lease_free(lease);
  close_client(client);
}

/* Let it go and forget. */
static void release_without_an_op(void **state) {
  repolock_client_t *client = open_client(*state);
  for (int i = 0; i < 20; ++i) {
    repolock_lease_t *lease = lock(client, "a/b");
    assert_status(repolock_release_start(lease, NULL), REPOLOCK_OK);
    assert_status(repolock_lease_status(lease), REPOLOCK_E_INVALID);
    repolock_lease_free(lease);
  }
  assert_true(is_free(client, "a/b"));
  close_client(client);
}

static void diagnose_gives_findings(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_op_t *op = NULL;
  repolock_snapshot_t *findings = NULL;
  assert_status(repolock_diagnose_start(client, &op), REPOLOCK_OK);
  assert_status(repolock_op_wait(op, -1), REPOLOCK_OK);
  assert_status(repolock_op_snapshot(op, &findings), REPOLOCK_OK);
  for (size_t row = 0; row < repolock_snapshot_size(findings); ++row) {
    assert_int_equal(repolock_snapshot_number(findings, row, REPOLOCK_NUMBER_ROW),
                     REPOLOCK_ROW_NODE);
    assert_string_not_equal(repolock_snapshot_text(findings, row, REPOLOCK_TEXT_MESSAGE), "");
  }
  repolock_snapshot_free(findings);
  repolock_op_free(op);
  close_client(client);
}

static void null_is_invalid(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b"), *none = NULL;
  repolock_op_t *op = NULL, *done = start_lock(client, "c/d", NULL);
  repolock_snapshot_t *snapshot = NULL;
  const repolock_status_t invalid[] = {
      repolock_acquire_start(NULL, NAME("a/b"), NULL, &op),
      repolock_acquire_start(client, NULL, 0, NULL, &op),
      repolock_acquire_start(client, NAME("a/b"), NULL, NULL),
      repolock_extend_start(NULL, 1000, &op),
      repolock_extend_start(lease, 1000, NULL),
      repolock_release_start(NULL, &op),
      repolock_shutdown_start(NULL, 0, &op),
      repolock_shutdown_start(client, 0, NULL),
      repolock_inspect_start(NULL, NAME("a/b"), &op),
      repolock_inspect_start(client, NULL, 3, &op),
      repolock_inspect_start(client, NAME("a/b"), NULL),
      repolock_diagnose_start(NULL, &op),
      repolock_diagnose_start(client, NULL),
      repolock_break_start(NULL, NAME("a/b"), "00", &op),
      repolock_break_start(client, NULL, 0, "00", &op),
      repolock_break_start(client, NAME("a/b"), NULL, &op),
      repolock_break_start(client, NAME("a/b"), "00", NULL),
      repolock_op_on_done(NULL, NULL, NULL, NULL),
      repolock_op_on_wait(NULL, NULL, NULL, NULL),
      repolock_op_wait(NULL, 0),
      repolock_op_wait(done, -2),
      repolock_op_status(NULL),
      repolock_op_take_lease(NULL, &none),
      repolock_op_take_lease(done, NULL),
      repolock_op_snapshot(NULL, &snapshot),
      repolock_op_snapshot(done, NULL),
  };
  for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; ++i) {
    if (invalid[i] != REPOLOCK_E_INVALID) print_error("call %zu\n", i);
    assert_status(invalid[i], REPOLOCK_E_INVALID);
  }
  assert_true(op == NULL && none == NULL && snapshot == NULL);
  assert_string_equal(repolock_op_message(NULL), "");
  repolock_op_cancel(NULL);
  repolock_op_free(NULL);
  repolock_op_free(done);
  unlock(lease);
  close_client(client);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_EACH(pending_then_for_ever_the_result),
      ON_EACH(a_failure_is_told_in_words_that_stay),
      ON_EACH(whatever_is_wrong_is_the_result),
      ON_EACH(snapshot_of_an_acquisition),
      ON_EACH(a_waiter_that_is_canceled_leaves_the_queue),
      ON_MEMORY(what_a_canceled_one_wins_is_released),
      ON_EACH(cancel_of_another_op_has_no_effect),
      ON_EACH(freed_under_way_it_is_canceled),
      ON_EACH(a_lease_that_nobody_took_is_released),
      ON_EACH(a_lease_may_be_lost_before_it_is_taken),
      ON_EACH(release_without_an_op),
      ON_EACH(diagnose_gives_findings),
      ON_EACH(null_is_invalid),
  };
  return RUN(tests);
}
