/* How a lease is lost: why, when its holder is told, and what it finds then. */
#include "news.h"
#include "redis_place.h"

/* What a loss looks like, from everywhere. */
static void assert_lost(repolock_lease_t *lease, struct news *news, const char *reason,
                        bool in_time) {
  await_end(news, 1);
  const struct told *told = &news->told[0];
  const int64_t remaining = repolock_lease_remaining_ms(lease);
  assert_int_equal(told->kind, REPOLOCK_EVENT_LOST);
  assert_status(told->status, REPOLOCK_E_LOST);
  assert_string_equal(told->repo, "a/b");
  assert_string_equal(told->reason, reason);
  assert_ptr_equal(told->user_data, news);
  assert_contains(told->message, "a/b");
  assert_status(repolock_lease_status(lease), REPOLOCK_E_LOST);
  assert_string_equal(repolock_lease_message(lease), told->message);
  if (!in_time) assert_true(remaining == 0);
  assert_status(repolock_extend(lease, 1000), REPOLOCK_E_LOST);
  assert_status(repolock_lease_status(lease), REPOLOCK_E_LOST);
  assert_int_equal(repolock_lease_inherit_fd(lease), -1);
  assert_status(repolock_release(lease), REPOLOCK_E_LOST);
  repolock_lease_free(lease);
  free_news(news);
}

/* The remaining time as it is when the news comes. */
static int64_t left_at_the_news;
static repolock_lease_t *lease_of_the_news;

static void hear_how_long(const repolock_event_t *event, void *user_data) {
  left_at_the_news = repolock_lease_remaining_ms(lease_of_the_news);
  hear(event, user_data);
}

static struct news *await_loss(repolock_lease_t *lease) {
  struct news *news = new_news();
  left_at_the_news = -1;
  lease_of_the_news = lease;
  assert_status(repolock_lease_on_lost(lease, hear_how_long, news, hear_no_more), REPOLOCK_OK);
  return news;
}

/* Where it runs out the news comes early: there is time to stop the work. */
static void told_before_it_runs_out(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock_for(client, "a/b", 1800);
  struct news *news = await_loss(lease);
  suffer(*state, "drop=extend*");
  await_news(news, 1);
  assert_true(left_at_the_news > 0 && left_at_the_news <= 1800);
  assert_contains(news->told[0].message, "ran out");
  assert_lost(lease, news, "expired", true);
  suffer(*state, "clear");
  close_client(client);
}

static repolock_lease_t *lock_without_renewal(repolock_client_t *client, const char *repo,
                                              int64_t ttl_ms) {
  repolock_request_t *request = new_request(ttl_ms, 0);
  repolock_request_set_renew(request, 0);
  repolock_lease_t *lease = lock_as(client, repo, request);
  repolock_request_free(request);
  return lease;
}

static void without_renewal_it_ends_unless_extended(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock_without_renewal(client, "a/b", 1500);
  assert_true(stat_of(client, "renewals") == 0);
  assert_status(repolock_extend(lease, 1800), REPOLOCK_OK);
  struct news *news = await_loss(lease);
  await_news(news, 1);
  assert_true(left_at_the_news > 0);
  assert_lost(lease, news, "expired", true);
  close_client(client);
}

static void max_hold_ends_it(void **state) {
  repolock_client_t *client = open_client(*state), *other = open_client(*state);
  repolock_request_t *request = new_request(1500, 0);
  repolock_request_set_max_hold(request, 1800);
  repolock_lease_t *lease = lock_as(client, "a/b", request);
  struct news *news = await_loss(lease);
  assert_true(repolock_lease_remaining_ms(lease) <= 1800);
  await_news(news, 1);
  assert_true(left_at_the_news > 0 && left_at_the_news <= 1800);
  unlock(lock(other, "a/b")); /* it does end, released or not */
  assert_lost(lease, news, "max_hold", false);
  repolock_request_free(request);
  close_client(client);
  close_client(other);
}

/* A ttl that goes on beyond it would keep it from others for nothing. */
static void max_hold_is_all_that_others_wait_for(void **state) {
  repolock_client_t *client = open_client(*state), *other = open_client(*state);
  repolock_request_t *request = new_request(30000, 0), *patient = new_request(1500, 10000);
  repolock_request_set_max_hold(request, 300);
  repolock_lease_t *lease = lock_as(client, "a/b", request);
  unlock(lock_as(other, "a/b", patient));
  assert_status(repolock_release(lease), REPOLOCK_E_LOST);
  repolock_lease_free(lease);
  repolock_request_free(request);
  repolock_request_free(patient);
  close_client(client);
  close_client(other);
}

static void a_silence_ends_it_where_heartbeats_are_due(void **state) {
  repolock_client_t *client = open_with(*state, "heartbeat_ms", "400", NULL);
  repolock_lease_t *lease = lock_for(client, "a/b", 1800);
  struct news *news = await_loss(lease);
  for (int beat = 0; beat < 12; ++beat) { /* longer than the silence that is allowed */
    repolock_client_heartbeat(client);
    assert_int_equal(count_of(news), 0);
    usleep(50000);
  }
  await_news(news, 1);
  assert_true(left_at_the_news > 0 && left_at_the_news <= 1800);
  assert_lost(lease, news, "stalled", true);
  close_client(client);
}

static void broken_there_is_no_such_time(void **state) {
  repolock_client_t *client = open_client(*state), *other = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  const char *message = repolock_lease_message(lease);
  struct news *news = await_loss(lease);
  repolock_op_t *op = NULL;
  assert_status(repolock_break_start(other, NAME("a/b"), repolock_lease_id(lease), &op),
                REPOLOCK_OK);
  assert_status(repolock_op_wait(op, -1), REPOLOCK_OK);
  repolock_op_free(op);
  await_news(news, 1);
  assert_true(left_at_the_news == 0);
  assert_string_equal(message, ""); /* text that was lent does not change */
  assert_lost(lease, news, "broken", false);
  close_client(client);
  close_client(other);
}

static void data_that_are_gone(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  struct news *news = await_loss(lease);
  suffer(*state, "lose");
  assert_status(repolock_extend(lease, 5000), REPOLOCK_E_LOST);
  assert_lost(lease, news, "data_lost", false);
  close_client(client);
}

static void one_listener_for_the_loss(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  struct news *first = new_news(), *second = new_news();
  assert_status(repolock_lease_on_lost(lease, hear, first, hear_no_more), REPOLOCK_OK);
  assert_status(repolock_lease_on_lost(lease, hear, second, hear_no_more), REPOLOCK_E_INVALID);
  unlock(lease);
  await_end(first, 0); /* no loss: it was released */
  assert_int_equal(second->ends, 0);
  close_client(client);
  free_news(first);
  free_news(second);
}

static void whoever_asks_late_is_told_at_once(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  suffer(*state, "break");
  while (repolock_lease_status(lease) == REPOLOCK_OK) usleep(1000);
  assert_lost(lease, await_loss(lease), "broken", false);
  close_client(client);
}

/* From the release on it is no longer lost, whatever happens. */
static void released_it_is_not_lost(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  struct news *news = await_loss(lease);
  suffer(*state, "delay=release:50");
  repolock_op_t *op = NULL;
  assert_status(repolock_release_start(lease, &op), REPOLOCK_OK);
  suffer(*state, "break");
  assert_status(repolock_lease_status(lease), REPOLOCK_E_INVALID);
  assert_status(repolock_lease_on_lost(lease, hear, NULL, NULL), REPOLOCK_E_INVALID);
  repolock_op_wait(op, -1);
  repolock_op_free(op);
  repolock_lease_free(lease);
  await_end(news, 0);
  free_news(news);
  close_client(client);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_MEMORY(told_before_it_runs_out),
      ON_MEMORY(without_renewal_it_ends_unless_extended),
      ON_EACH(max_hold_ends_it),
      ON_EACH(max_hold_is_all_that_others_wait_for),
      ON_EACH(a_silence_ends_it_where_heartbeats_are_due),
      ON_EACH(broken_there_is_no_such_time),
      ON_MEMORY(data_that_are_gone),
      ON_EACH(one_listener_for_the_loss),
      ON_MEMORY(whoever_asks_late_is_told_at_once),
      ON_MEMORY(released_it_is_not_lost),
  };
  return RUN(tests);
}
