/* Several names in one lease: all of them or none, each with a fence of its own. */
#include "news.h"
#include "redis_place.h"

static repolock_request_t *request_for(int64_t wait_ms, const char *second, const char *third) {
  repolock_request_t *request = new_request(20000, wait_ms);
  repolock_request_add_repo(request, NAME(second));
  if (third != NULL) repolock_request_add_repo(request, NAME(third));
  return request;
}

static void all_are_locked_and_all_are_freed(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_request_t *request = request_for(0, "c/d", "a/b");
  repolock_lease_t *lease = lock_as(client, "e/f", request);
  assert_false(is_free(client, "a/b"));
  assert_false(is_free(client, "c/d"));
  assert_false(is_free(client, "e/f"));
  assert_true(is_free(client, "g/h"));
  assert_status(repolock_extend(lease, 10000), REPOLOCK_OK);
  unlock(lease);
  assert_true(is_free(client, "a/b") && is_free(client, "c/d") && is_free(client, "e/f"));
  repolock_request_free(request);
  close_client(client);
}

/* Whichever of them is held. */
static void or_none(void **state) {
  static const char *held[] = {"a/b", "c/d", "e/f"};
  repolock_client_t *client = open_client(*state);
  repolock_request_t *request = request_for(0, "e/f", "a/b");
  for (size_t i = 0; i < 3; ++i) {
    char err[REPOLOCK_ERR_SIZE] = "";
    repolock_lease_t *lease = lock(client, held[i]), *none = NULL;
    assert_status(repolock_acquire(client, NAME("c/d"), request, &none, err, sizeof err),
                  REPOLOCK_E_HELD);
    assert_contains(err, held[i]);
    assert_null(none);
    for (size_t other = 0; other < 3; ++other)
      if (other != i) unlock(lock(client, held[other]));
    unlock(lease);
  }
  repolock_request_free(request);
  close_client(client);
}

static void a_fence_for_each_in_the_order_of_the_request(void **state) {
  repolock_client_t *client = open_client(*state);
  uint64_t before[3];
  static const char *names[] = {"e/f", "a/b", "c/d"};
  for (size_t i = 0; i < 3; ++i) {
    for (size_t times = 0; times < 2 * i; ++times) unlock(lock(client, names[i]));
    repolock_lease_t *lease = lock(client, names[i]);
    before[i] = repolock_lease_fence(lease);
    unlock(lease);
  }
  repolock_request_t *request = request_for(0, "a/b", "c/d");
  repolock_lease_t *lease = lock_as(client, "e/f", request);
  for (size_t i = 0; i < 3; ++i) assert_true(repolock_lease_fence_at(lease, i) > before[i]);
  assert_true(repolock_lease_fence(lease) == repolock_lease_fence_at(lease, 0));
  assert_true(repolock_lease_fence_at(lease, 3) == 0);
  unlock(lease);
  repolock_request_free(request);
  close_client(client);
}

/* Two spellings of one repository are one name, which does not wait for itself. */
static void the_same_name_twice(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_request_t *request = request_for(0, "https://github.com/A/B", "c/d");
  repolock_lease_t *lease = lock_as(client, "a/b", request);
  assert_true(repolock_lease_fence_at(lease, 0) == repolock_lease_fence_at(lease, 1));
  assert_true(repolock_lease_fence_at(lease, 2) > 0);
  assert_false(is_free(client, "a/b"));
  unlock(lease);
  assert_true(is_free(client, "a/b"));
  repolock_request_free(request);
  close_client(client);
}

/* In whatever order they are named: nobody waits for one who waits for him. */
static void two_that_want_the_same_never_wait_for_each_other(void **state) {
  repolock_client_t *first = open_client(*state), *second = open_client(*state);
  repolock_request_t *forth = request_for(-1, "c/d", "e/f"), *back = request_for(-1, "c/d", "a/b");
  for (int round = 0; round < 20; ++round) {
    repolock_op_t *one = start_lock(first, "a/b", forth), *other = start_lock(second, "e/f", back);
    repolock_op_t *winner = one, *loser = other;
    while (repolock_op_wait(winner, 1) == REPOLOCK_E_PENDING) {
      repolock_op_t *swap = winner;
      winner = loser;
      loser = swap;
    }
    unlock(take(winner));
    unlock(take(loser));
  }
  repolock_request_free(forth);
  repolock_request_free(back);
  close_client(first);
  close_client(second);
}

static void canceled_half_way_it_keeps_nothing(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_request_t *request = request_for(-1, "c/d", NULL);
  repolock_lease_t *lease = lock(client, "c/d");
  repolock_op_t *op = start_lock(client, "a/b", request);
  await_waiters(client, "c/d", 1);
  assert_false(is_free(client, "a/b")); /* locked first */
  repolock_op_cancel(op);
  assert_status(repolock_op_wait(op, -1), REPOLOCK_E_CANCELED);
  unlock(lock(client, "a/b"));
  repolock_op_free(op);
  unlock(lease);
  repolock_request_free(request);
  close_client(client);
}

/* Lost in one, lost in all: the work was to be done in all of them. */
static void broken_in_one_it_is_lost(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_request_t *request = request_for(0, "c/d", NULL);
  repolock_lease_t *lease = lock_as(client, "a/b", request);
  struct news *news = new_news();
  repolock_op_t *op = NULL;
  assert_status(repolock_lease_on_lost(lease, hear, news, hear_no_more), REPOLOCK_OK);
  assert_status(repolock_break_start(client, NAME("c/d"), repolock_lease_id(lease), &op),
                REPOLOCK_OK);
  assert_status(repolock_op_wait(op, -1), REPOLOCK_OK);
  await_end(news, 1);
  assert_string_equal(news->told[0].repo, "c/d");
  assert_string_equal(news->told[0].reason, "broken");
  assert_status(repolock_release(lease), REPOLOCK_E_LOST);
  assert_true(is_free(client, "a/b") && is_free(client, "c/d")); /* what was left of it, too */
  repolock_op_free(op);
  repolock_lease_free(lease);
  repolock_request_free(request);
  close_client(client);
  free_news(news);
}

static void one_bad_name_is_enough(void **state) {
  char err[REPOLOCK_ERR_SIZE] = "", repo[32];
  repolock_client_t *client = open_client(*state);
  repolock_request_t *request = request_for(0, "../x", NULL);
  repolock_lease_t *lease = NULL;
  assert_status(repolock_acquire(client, NAME("a/b"), request, &lease, err, sizeof err),
                REPOLOCK_E_INVALID);
  assert_contains(err, "../x");
  repolock_request_free(request);
  request = new_request(1000, 0);
  for (int i = 0; i < 64; ++i) {
    snprintf(repo, sizeof repo, "many/%d", i);
    repolock_request_add_repo(request, NAME(repo));
  }
  assert_status(repolock_acquire(client, NAME("a/b"), request, &lease, err, sizeof err),
                REPOLOCK_E_INVALID);
  assert_contains(err, "65 names");
  assert_contains(err, "64");
  assert_null(lease);
  repolock_request_free(request);
  assert_true(is_free(client, "a/b"));
  close_client(client);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_EACH(all_are_locked_and_all_are_freed),
      ON_EACH(or_none),
      ON_EACH(a_fence_for_each_in_the_order_of_the_request),
      ON_EACH(the_same_name_twice),
      ON_EACH(two_that_want_the_same_never_wait_for_each_other),
      ON_EACH(canceled_half_way_it_keeps_nothing),
      ON_EACH(broken_in_one_it_is_lost),
      ON_EACH(one_bad_name_is_enough),
  };
  return RUN(tests);
}
