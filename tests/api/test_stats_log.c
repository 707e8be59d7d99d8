/* Counters, and what is logged. */
#include "news.h"
#include "redis_place.h"

static void a_table_whose_names_stay(void **state) {
  repolock_client_t *client = open_client(*state);
  const char *names[128];
  int64_t value;
  size_t count = 0;
  while (repolock_client_stat(client, count, &names[count], &value) == REPOLOCK_OK) {
    assert_true(value >= 0);
    for (size_t before = 0; before < count; ++before)
      assert_string_not_equal(names[before], names[count]);
    ++count;
  }
  assert_true(count > 20);
  repolock_client_t *other = open_client(*state);
  for (size_t i = 0; i < count; ++i) {
    const char *name = NULL;
    assert_status(repolock_client_stat(other, i, &name, &value), REPOLOCK_OK);
    assert_ptr_equal(name, names[i]);
  }
  const char *name = NULL;
  assert_status(repolock_client_stat(client, SIZE_MAX, &name, &value), REPOLOCK_E_INVALID);
  assert_status(repolock_client_stat(NULL, 0, &name, &value), REPOLOCK_E_INVALID);
  assert_status(repolock_client_stat(client, 0, NULL, &value), REPOLOCK_E_INVALID);
  assert_status(repolock_client_stat(client, 0, &name, NULL), REPOLOCK_E_INVALID);
  assert_null(name);
  close_client(client);
  close_client(other);
}

#define assert_stat(client, name, expected) assert_int_equal(stat_of(client, name), expected)

static void they_count_what_happened(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  assert_stat(client, "locks_held", 1);
  assert_stat(client, "acquired", 1);
  assert_stat(client, "acquire_ms_all", 1);
  assert_stat(client, "acquire_ms_le_60000", 1);
  assert_false(is_free(client, "a/b"));
  assert_stat(client, "acquire_held", 1);

  repolock_request_t *request = new_request(1000, 10);
  repolock_lease_t *none = NULL;
  assert_status(repolock_acquire(client, NAME("a/b"), request, &none, NULL, 0), REPOLOCK_E_TIMEOUT);
  assert_stat(client, "acquire_timeouts", 1);
  repolock_op_t *op = start_lock(client, "a/b", NULL);
  repolock_op_cancel(op);
  assert_status(repolock_op_wait(op, -1), REPOLOCK_E_CANCELED);
  assert_stat(client, "acquire_canceled", 1);
  repolock_op_free(op);

  op = start_lock(client, "a/b", NULL);
  await_waiters(client, "a/b", 1);
  assert_stat(client, "acquired_after_wait", 0);
  unlock(lease);
  assert_stat(client, "released", 1);
  assert_stat(client, "hold_ms_all", 1);
  lease = take(op);
  assert_stat(client, "acquired_after_wait", 1);
  unlock(lease);
  assert_stat(client, "locks_held", 0);
  assert_stat(client, "waiters", 0);
  assert_stat(client, "released", 2);
  assert_stat(client, "log_dropped", 0);
  repolock_request_free(request);
  close_client(client);
}

static void losses_are_counted_by_reason(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  suffer(*state, "break");
  assert_status(repolock_extend(lease, 1000), REPOLOCK_E_LOST);
  assert_stat(client, "lost_broken", 1);
  assert_stat(client, "locks_held", 0);
  repolock_release(lease);
  repolock_lease_free(lease);
  lease = lock(client, "a/b");
  suffer(*state, "unavailable=acquire,unavailable=extend");
  assert_status(repolock_extend(lease, 1000), REPOLOCK_E_UNAVAILABLE);
  assert_stat(client, "renewal_failures", 1);
  repolock_request_t *request = new_request(1000, 0);
  repolock_lease_t *none = NULL;
  assert_status(repolock_acquire(client, NAME("c/d"), request, &none, NULL, 0),
                REPOLOCK_E_UNAVAILABLE);
  assert_stat(client, "acquire_unavailable", 1);
  repolock_request_free(request);
  unlock(lease);
  close_client(client);
}

static void what_is_logged(void **state) {
  repolock_client_t *client = open_client(*state);
  struct news *news = new_news();
  assert_status(repolock_client_on_log(client, REPOLOCK_LOG_WARN, hear, news, hear_no_more),
                REPOLOCK_OK);
  repolock_lease_t *lease = lock(client, "a/b");
  suffer(*state, "unavailable=extend");
  assert_status(repolock_extend(lease, 5000), REPOLOCK_E_UNAVAILABLE);
  await_news(news, 1);
  assert_int_equal(news->told[0].kind, REPOLOCK_EVENT_LOG);
  assert_int_equal(news->told[0].level, REPOLOCK_LOG_WARN);
  assert_string_equal(news->told[0].event, "renewal_failed");
  assert_string_equal(news->told[0].repo, "a/b");
  assert_string_not_equal(news->told[0].message, "");
  assert_ptr_equal(news->told[0].user_data, news);
  assert_status(repolock_extend(lease, 5000), REPOLOCK_OK); /* told at INFO only */
  unlock(lease);
  close_client(client);
  await_end(news, 1);
  free_news(news);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_EACH(a_table_whose_names_stay),
      ON_EACH(they_count_what_happened),
      ON_MEMORY(losses_are_counted_by_reason),
      ON_MEMORY(what_is_logged),
  };
  return RUN(tests);
}
