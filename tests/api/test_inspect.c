/* Who holds and who waits, and taking a lock away from one that a snapshot named. */
#include "news.h"
#include "redis_place.h"

static const char *text(const repolock_snapshot_t *snapshot, size_t row, int32_t which) {
  return repolock_snapshot_text(snapshot, row, which);
}

static int64_t number(const repolock_snapshot_t *snapshot, size_t row, int32_t which) {
  return repolock_snapshot_number(snapshot, row, which);
}

static void holders_then_waiters_in_order(void **state) {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  repolock_client_t *first = open_client(*state), *second = open_client(*state);
  repolock_request_t *request = new_request(20000, -1);
  repolock_request_set_holder(request, NAME("job 4711 \xe2\x82\xac"));
  repolock_lease_t *lease = lock_as(first, "a/b", request);
  repolock_request_set_holder(request, NAME("job 4712"));
  repolock_op_t *next = start_lock(second, "a/b", request);
  await_waiters(first, "a/b", 1);
  repolock_request_set_holder(request, NULL, 0);
  repolock_op_t *last = start_lock(first, "a/b", request);
  await_waiters(first, "a/b", 2);
  usleep(20000); /* for the ages to be seen */

  repolock_snapshot_t *snapshot = inspect(second, "A/B.git");
  assert_int_equal(repolock_snapshot_size(snapshot), 3);
  assert_int_equal(number(snapshot, 0, REPOLOCK_NUMBER_ROW), REPOLOCK_ROW_HOLDER);
  assert_string_equal(text(snapshot, 0, REPOLOCK_TEXT_HOLDER), "job 4711 \xe2\x82\xac");
  assert_string_equal(text(snapshot, 0, REPOLOCK_TEXT_LEASE_ID), repolock_lease_id(lease));
  assert_int_equal(number(snapshot, 0, REPOLOCK_NUMBER_FENCE), repolock_lease_fence(lease));
  assert_int_equal(number(snapshot, 0, REPOLOCK_NUMBER_PLACE), -1);
  const int64_t remaining = number(snapshot, 0, REPOLOCK_NUMBER_REMAINING_MS);
  if (!is_file(*state)) assert_true(remaining > 0 && remaining <= 20000);

  assert_string_equal(text(snapshot, 1, REPOLOCK_TEXT_HOLDER), "job 4712");
  assert_string_equal(text(snapshot, 2, REPOLOCK_TEXT_HOLDER), "");
  for (size_t row = 0; row < 3; ++row) {
    assert_string_equal(text(snapshot, row, REPOLOCK_TEXT_REPO), "a/b");
    assert_string_equal(text(snapshot, row, REPOLOCK_TEXT_HOST), host);
    assert_int_equal(number(snapshot, row, REPOLOCK_NUMBER_PID), getpid());
    assert_int_equal(number(snapshot, row, REPOLOCK_NUMBER_SHARED), 0);
    assert_true(number(snapshot, row, REPOLOCK_NUMBER_AGE_MS) >= 20);
    assert_true(number(snapshot, row, REPOLOCK_NUMBER_AGE_MS) < INT64_C(1000) * HANG_SECONDS);
    if (row == 0) continue;
    assert_int_equal(number(snapshot, row, REPOLOCK_NUMBER_ROW), REPOLOCK_ROW_WAITER);
    assert_int_equal(number(snapshot, row, REPOLOCK_NUMBER_PLACE), row);
    assert_int_equal(number(snapshot, row, REPOLOCK_NUMBER_FENCE), -1);
  }
  unlock(lease);
  unlock(take(next));
  unlock(take(last));
  assert_int_equal(repolock_snapshot_size(snapshot), 3); /* a copy of one moment */
  repolock_snapshot_free(snapshot);
  repolock_request_free(request);
  close_client(first);
  close_client(second);
}

static void nobody_is_no_row(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_snapshot_t *snapshot = inspect(client, "no/body");
  assert_int_equal(rows_of_kind(snapshot, REPOLOCK_ROW_HOLDER), 0);
  assert_int_equal(rows_of_kind(snapshot, REPOLOCK_ROW_WAITER), 0);
  repolock_snapshot_free(snapshot);
  unlock(lock(client, "no/body"));
  snapshot = inspect(client, "no/body");
  assert_int_equal(rows_of_kind(snapshot, REPOLOCK_ROW_HOLDER), 0);
  repolock_snapshot_free(snapshot);
  close_client(client);
}

static void without_a_name_all_are_listed(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *leases[] = {lock(client, "a/b"), lock(client, "c/d"), lock(client, "e/f/g")};
  unlock(lock(client, "not/held"));
  repolock_snapshot_t *snapshot = inspect(client, NULL);
  assert_int_equal(rows_of_kind(snapshot, REPOLOCK_ROW_HOLDER), 3);
  for (size_t i = 0; i < 3; ++i) {
    size_t found = 0;
    for (size_t row = 0; row < repolock_snapshot_size(snapshot); ++row)
      if (strcmp(text(snapshot, row, REPOLOCK_TEXT_LEASE_ID), repolock_lease_id(leases[i])) == 0)
        ++found;
    assert_int_equal(found, 1);
    unlock(leases[i]);
  }
  repolock_snapshot_free(snapshot);
  close_client(client);
}

static void a_field_that_is_not_there(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  repolock_snapshot_t *snapshot = inspect(client, "a/b");
  assert_string_equal(text(snapshot, 0, REPOLOCK_TEXT_STATUS), ""); /* of nodes only */
  assert_string_equal(text(snapshot, 0, 99), "");
  assert_string_equal(text(snapshot, 1, REPOLOCK_TEXT_REPO), "");
  assert_string_equal(text(snapshot, SIZE_MAX, REPOLOCK_TEXT_REPO), "");
  assert_string_equal(text(NULL, 0, REPOLOCK_TEXT_REPO), "");
  assert_int_equal(number(snapshot, 0, 99), -1);
  assert_int_equal(number(snapshot, 1, REPOLOCK_NUMBER_PID), -1);
  assert_int_equal(number(NULL, 0, REPOLOCK_NUMBER_PID), -1);
  assert_int_equal(repolock_snapshot_size(NULL), 0);
  repolock_snapshot_free(NULL);
  repolock_snapshot_free(snapshot);
  unlock(lease);
  close_client(client);
}

static void before_it_has_heard_anything_there_is_none(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_snapshot_t *snapshot = NULL;
  repolock_op_t *op = NULL;
  suffer(*state, "delay=inspect:50");
  assert_status(repolock_inspect_start(client, NAME("a/b"), &op), REPOLOCK_OK);
  assert_status(repolock_op_snapshot(op, &snapshot), REPOLOCK_E_PENDING);
  assert_null(snapshot);
  assert_status(repolock_op_wait(op, -1), REPOLOCK_OK);
  assert_status(repolock_op_snapshot(op, &snapshot), REPOLOCK_OK);
  repolock_op_free(op);
  repolock_snapshot_free(snapshot);
  close_client(client);
}

static repolock_status_t break_it(repolock_client_t *client, const char *repo, const char *id,
                                  char *message, size_t size) {
  repolock_op_t *op = NULL;
  assert_status(repolock_break_start(client, NAME(repo), id, &op), REPOLOCK_OK);
  const repolock_status_t status = repolock_op_wait(op, -1);
  snprintf(message, size, "%s", repolock_op_message(op));
  repolock_op_free(op);
  return status;
}

/* Its holder is told, the next one has it at once, and learns how the one before it ended. */
static void a_lock_is_taken_away(void **state) {
  char message[REPOLOCK_ERR_SIZE];
  repolock_client_t *holder = open_client(*state), *breaker = open_client(*state);
  repolock_lease_t *lease = lock(holder, "a/b");
  const uint64_t fence = repolock_lease_fence(lease);
  struct news *news = new_news();
  assert_status(repolock_lease_on_lost(lease, hear, news, hear_no_more), REPOLOCK_OK);
  repolock_op_t *waiter = start_lock(breaker, "a/b", NULL);
  await_waiters(breaker, "a/b", 1);

  repolock_snapshot_t *snapshot = inspect(breaker, "a/b");
  assert_status(
      break_it(breaker, "a/b", text(snapshot, 0, REPOLOCK_TEXT_LEASE_ID), message, sizeof message),
      REPOLOCK_OK);
  await_end(news, 1);
  assert_string_equal(news->told[0].reason, "broken");
  assert_status(repolock_lease_status(lease), REPOLOCK_E_LOST);
  repolock_lease_t *next = take(waiter);
  assert_int_equal(repolock_lease_previous(next), REPOLOCK_PREVIOUS_BROKEN);
  assert_true(repolock_lease_fence(next) > fence);

  /* The one that was broken has nothing left to release, and hurts nobody who came after. */
  assert_status(repolock_release(lease), REPOLOCK_E_LOST);
  assert_status(repolock_lease_status(next), REPOLOCK_OK);
  assert_status(break_it(breaker, "a/b", repolock_lease_id(lease), message, sizeof message),
                REPOLOCK_E_LOST);
  assert_contains(message, "a/b");
  unlock(next);
  repolock_snapshot_free(snapshot);
  repolock_lease_free(lease);
  close_client(holder);
  close_client(breaker);
  free_news(news);
}

static void only_what_is_held_is_broken(void **state) {
  static const struct {
    const char *id, *shown;
  } wrong[] = {{"", "\"\""},
               {"no id\n", "no id\\x0a"},
               {"\xff", "\\xff"},
               {"0123456789ABCDEF0123456789ABCDEF", "0123456789ABCDEF"}};
  char message[REPOLOCK_ERR_SIZE];
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; ++i) {
    assert_status(break_it(client, "a/b", wrong[i].id, message, sizeof message),
                  REPOLOCK_E_INVALID);
    assert_contains(message, wrong[i].shown);
    assert_contains(message, "32 hex digits");
  }
  assert_status(
      break_it(client, "a/b", "0123456789abcdef0123456789abcdef", message, sizeof message),
      REPOLOCK_E_LOST);
  assert_contains(message, "0123456789abcdef0123456789abcdef");
  assert_status(break_it(client, "c/d", repolock_lease_id(lease), message, sizeof message),
                REPOLOCK_E_LOST);
  assert_contains(message, "c/d");
  unlock(lease);
  close_client(client);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_EACH(holders_then_waiters_in_order),
      ON_EACH(nobody_is_no_row),
      ON_EACH(without_a_name_all_are_listed),
      ON_EACH(a_field_that_is_not_there),
      ON_MEMORY(before_it_has_heard_anything_there_is_none),
      ON_EACH(a_lock_is_taken_away),
      ON_EACH(only_what_is_held_is_broken),
  };
  return RUN(tests);
}
