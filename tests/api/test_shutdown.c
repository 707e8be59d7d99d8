/* Shutdown: who is told what, in which order, and what is final afterwards. */
#include "news.h"
#include "redis_place.h"

static void holders_may_release_waiters_end(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  repolock_op_t *waiter = start_lock(client, "a/b", NULL), *shutdown = NULL, *late = NULL;
  await_waiters(client, "a/b", 1);
  assert_status(repolock_shutdown_start(client, -1, &shutdown), REPOLOCK_OK);
  assert_status(repolock_op_wait(waiter, -1), REPOLOCK_E_SHUTDOWN);
  assert_contains(repolock_op_message(waiter), "a/b");

  /* Nothing new starts. */
  late = start_lock(client, "c/d", NULL);
  assert_status(repolock_op_wait(late, -1), REPOLOCK_E_SHUTDOWN);
  assert_contains(repolock_op_message(late), "c/d");
  repolock_op_free(late);
  assert_status(repolock_inspect_start(client, NAME("a/b"), &late), REPOLOCK_OK);
  assert_status(repolock_op_wait(late, -1), REPOLOCK_E_SHUTDOWN);
  repolock_op_free(late);
  assert_status(repolock_diagnose_start(client, &late), REPOLOCK_OK);
  assert_status(repolock_op_wait(late, -1), REPOLOCK_E_SHUTDOWN);
  repolock_op_free(late);
  assert_status(repolock_break_start(client, NAME("a/b"), repolock_lease_id(lease), &late),
                REPOLOCK_OK);
  assert_status(repolock_op_wait(late, -1), REPOLOCK_E_SHUTDOWN);
  repolock_op_free(late);

  /* The holder goes on, and may even extend. */
  assert_status(repolock_op_status(shutdown), REPOLOCK_E_PENDING);
  assert_status(repolock_lease_status(lease), REPOLOCK_OK);
  assert_status(repolock_extend(lease, 5000), REPOLOCK_OK);
  assert_status(repolock_release(lease), REPOLOCK_OK);
  assert_status(repolock_op_wait(shutdown, -1), REPOLOCK_OK);
  repolock_op_free(waiter);
  repolock_op_free(shutdown);
  repolock_lease_free(lease);
  repolock_client_free(client);
}

/* Nobody knows whether its work has stopped: it is lost to the holder, and kept from the others. */
static void what_is_still_held_is_lost(void **state) {
  repolock_client_t *client = open_client(*state), *other = open_client(*state);
  repolock_lease_t *lease = lock_for(client, "a/b", 1500);
  struct news *lost = new_news(), *done = new_news();
  repolock_op_t *shutdown = NULL;
  assert_status(repolock_lease_on_lost(lease, hear, lost, hear_no_more), REPOLOCK_OK);
  assert_status(repolock_shutdown_start(client, 30, &shutdown), REPOLOCK_OK);
  assert_status(repolock_op_on_done(shutdown, hear, done, hear_no_more), REPOLOCK_OK);
  assert_status(repolock_op_wait(shutdown, -1), REPOLOCK_OK);
  await_end(lost, 1);
  assert_status(lost->told[0].status, REPOLOCK_E_SHUTDOWN);
  assert_string_equal(lost->told[0].reason, "shutdown");
  await_end(done, 1);
  assert_status(repolock_lease_status(lease), REPOLOCK_E_SHUTDOWN);
  assert_contains(repolock_lease_message(lease), "a/b");
  assert_false(is_free(other, "a/b"));
  unlock(lock(other, "a/b"));
  assert_true(repolock_lease_remaining_ms(lease) == 0);
  repolock_lease_free(lease);
  repolock_op_free(shutdown);
  repolock_client_free(client);
  close_client(other);
  free_news(lost);
  free_news(done);
}

static void a_second_call_joins_the_first(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  repolock_op_t *first = NULL, *second = NULL, *third = NULL;
  assert_status(repolock_shutdown_start(client, -1, &first), REPOLOCK_OK);
  assert_status(repolock_shutdown_start(client, 0, &second), REPOLOCK_OK);
  assert_status(repolock_op_wait(second, 20), REPOLOCK_E_PENDING); /* its time counts for nothing */
  assert_status(repolock_release(lease), REPOLOCK_OK);
  assert_status(repolock_op_wait(first, -1), REPOLOCK_OK);
  assert_status(repolock_op_wait(second, -1), REPOLOCK_OK);
  /* Also one that is over. */
  assert_status(repolock_shutdown(client, 100), REPOLOCK_OK);
  assert_status(repolock_shutdown_start(client, 0, &third), REPOLOCK_OK);
  assert_status(repolock_op_status(third), REPOLOCK_OK);
  repolock_op_free(first);
  repolock_op_free(second);
  repolock_op_free(third);
  repolock_lease_free(lease);
  repolock_client_free(client);
}

static void a_release_without_answer_is_unknown(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  repolock_op_t *release = NULL;
  suffer(*state, "drop=release");
  assert_status(repolock_release_start(lease, &release), REPOLOCK_OK);
  assert_status(repolock_shutdown(client, 0), REPOLOCK_E_UNKNOWN);
  assert_status(repolock_op_status(release), REPOLOCK_E_UNKNOWN);
  assert_status(repolock_release(lease), REPOLOCK_E_UNKNOWN);
  assert_status(repolock_shutdown(client, 0), REPOLOCK_E_UNKNOWN);
  repolock_op_free(release);
  repolock_lease_free(lease);
  repolock_client_free(client);
}

/* On a client that is closed nobody is told anything: ask. Nothing was kept, called or freed. */
static void afterwards_all_is_final(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  repolock_op_t *waiter = start_lock(client, "a/b", NULL), *won = start_lock(client, "c/d", NULL);
  assert_status(repolock_op_wait(won, -1), REPOLOCK_OK);
  struct news *news = new_news();
  assert_status(repolock_shutdown(client, 0), REPOLOCK_OK);
  assert_status(repolock_op_on_done(waiter, hear, news, hear_no_more), REPOLOCK_E_SHUTDOWN);
  assert_status(repolock_op_on_done(won, NULL, NULL, NULL), REPOLOCK_E_SHUTDOWN);
  assert_status(repolock_op_on_wait(waiter, hear, news, hear_no_more), REPOLOCK_E_SHUTDOWN);
  assert_status(repolock_lease_on_lost(lease, hear, news, hear_no_more), REPOLOCK_E_SHUTDOWN);
  assert_status(repolock_client_on_log(client, REPOLOCK_LOG_INFO, hear, news, hear_no_more),
                REPOLOCK_E_SHUTDOWN);
  assert_status(repolock_op_status(waiter), REPOLOCK_E_SHUTDOWN);
  assert_status(repolock_op_status(won), REPOLOCK_OK);
  assert_status(repolock_lease_status(lease), REPOLOCK_E_SHUTDOWN);

  /* A lease in an op, that nobody had taken, is there still, and was lost with the others. */
  repolock_lease_t *untaken = NULL;
  assert_status(repolock_op_take_lease(won, &untaken), REPOLOCK_OK);
  assert_status(repolock_lease_status(untaken), REPOLOCK_E_SHUTDOWN);

  repolock_op_t *ops[7] = {NULL};
  assert_status(repolock_acquire_start(client, NAME("a/b"), NULL, &ops[0]), REPOLOCK_OK);
  assert_status(repolock_acquire_start(client, NAME("../x"), NULL, &ops[1]), REPOLOCK_OK);
  assert_status(repolock_extend_start(lease, 1000, &ops[2]), REPOLOCK_OK);
  assert_status(repolock_inspect_start(client, NULL, 0, &ops[3]), REPOLOCK_OK);
  assert_status(repolock_diagnose_start(client, &ops[4]), REPOLOCK_OK);
  assert_status(repolock_break_start(client, NAME("a/b"), "00", &ops[5]), REPOLOCK_OK);
  assert_status(repolock_release_start(lease, &ops[6]), REPOLOCK_OK);
  for (size_t i = 0; i < 7; ++i) {
    assert_status(repolock_op_status(ops[i]), REPOLOCK_E_SHUTDOWN);
    assert_status(repolock_op_wait(ops[i], -1), REPOLOCK_E_SHUTDOWN);
    assert_string_not_equal(repolock_op_message(ops[i]), "");
    repolock_op_cancel(ops[i]);
    repolock_op_free(ops[i]);
  }
  repolock_client_heartbeat(client);
  assert_true(stat_of(client, "lost_shutdown") == 2);
  repolock_op_free(waiter);
  repolock_op_free(won);
  repolock_lease_free(untaken);
  repolock_lease_free(lease);
  repolock_client_free(client);
  assert_int_equal(news->count + (size_t)news->ends, 0);
  free_news(news);
}

static void a_limit_that_cannot_be(void **state) {
  repolock_client_t *client = open_client(*state);
  assert_status(repolock_shutdown(client, -2), REPOLOCK_E_INVALID);
  unlock(lock(client, "a/b")); /* it goes on */
  close_client(client);
}

/* ---- Races ----------------------------------------------------------------------------------- */

enum {
  RACERS = 4
};

struct race {
  repolock_client_t *client;
  pthread_barrier_t start;
  struct news *news[RACERS][64];
  repolock_status_t heard[RACERS][64], finals[RACERS][64];
  int next;
  pthread_mutex_t mutex;
};

/* Asks to be told of ops until the client is closed. */
static void *start_and_listen(void *data) {
  struct race *race = data;
  pthread_mutex_lock(&race->mutex);
  const int self = race->next++;
  pthread_mutex_unlock(&race->mutex);
  pthread_barrier_wait(&race->start);
  for (int i = 0; i < 64; ++i) {
    repolock_op_t *op = NULL;
    if (i % 2 == 0)
      repolock_inspect_start(race->client, NAME("a/b"), &op);
    else
      repolock_shutdown_start(race->client, 0, &op);
    struct news *news = race->news[self][i];
    race->heard[self][i] = repolock_op_on_done(op, hear, news, hear_no_more);
    race->finals[self][i] = repolock_op_status(op);
    if (race->heard[self][i] == REPOLOCK_OK) await_news(news, 1);
    repolock_op_free(op);
  }
  return NULL;
}

/* on_done either tells, once, or says E_SHUTDOWN and then the status is final: nobody hangs. */
static void listening_while_it_closes(void **state) {
  for (int round = 0; round < 20; ++round) {
    static struct race race;
    pthread_t threads[RACERS];
    memset(&race, 0, sizeof race);
    race.client = open_client(*state);
    pthread_mutex_init(&race.mutex, NULL);
    pthread_barrier_init(&race.start, NULL, RACERS);
    for (int i = 0; i < RACERS * 64; ++i) race.news[i / 64][i % 64] = new_news();
    for (int i = 0; i < RACERS; ++i)
      assert_int_equal(pthread_create(&threads[i], NULL, start_and_listen, &race), 0);
    for (int i = 0; i < RACERS; ++i) pthread_join(threads[i], NULL);
    assert_status(repolock_shutdown(race.client, 0), REPOLOCK_OK);
    for (int i = 0; i < RACERS * 64; ++i) {
      struct news *news = race.news[i / 64][i % 64];
      const bool told = race.heard[i / 64][i % 64] == REPOLOCK_OK;
      if (!told) {
        assert_status(race.heard[i / 64][i % 64], REPOLOCK_E_SHUTDOWN);
        assert_int_not_equal(race.finals[i / 64][i % 64], REPOLOCK_E_PENDING);
      }
      assert_int_equal(news->count, told ? 1 : 0);
      assert_int_equal(news->ends, told ? 1 : 0);
      free_news(news);
    }
    pthread_barrier_destroy(&race.start);
    repolock_client_free(race.client);
  }
}

static void *lock_until_closed(void *data) {
  repolock_client_t *client = data;
  repolock_status_t status = REPOLOCK_OK;
  while (status != REPOLOCK_E_SHUTDOWN) {
    repolock_lease_t *lease = NULL;
    status = repolock_acquire(client, NAME("a/b"), NULL, &lease, NULL, 0);
    if (status == REPOLOCK_OK) repolock_release(lease);
    repolock_lease_free(lease);
  }
  return NULL;
}

static void blocked_threads_all_come_back(void **state) {
  repolock_client_t *client = open_client(*state);
  pthread_t threads[8];
  for (int i = 0; i < 8; ++i) pthread_create(&threads[i], NULL, lock_until_closed, client);
  while (stat_of(client, "acquired") < 20) usleep(1000);
  assert_status(repolock_shutdown(client, -1), REPOLOCK_OK);
  for (int i = 0; i < 8; ++i) pthread_join(threads[i], NULL);
  assert_true(stat_of(client, "locks_held") == 0);
  assert_true(stat_of(client, "waiters") == 0);
  repolock_client_free(client);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_EACH(holders_may_release_waiters_end), ON_BOTH(what_is_still_held_is_lost),
      ON_EACH(a_second_call_joins_the_first),   ON_MEMORY(a_release_without_answer_is_unknown),
      ON_EACH(afterwards_all_is_final),         ON_BOTH(a_limit_that_cannot_be),
      ON_EACH(listening_while_it_closes),       ON_BOTH(blocked_threads_all_come_back),
  };
  return RUN(tests);
}
