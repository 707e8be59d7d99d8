/* Events by callback: who is called, when, how often, and on which thread. */
#include "news.h"
#include "redis_place.h"

/* Keeps the client's thread busy, so that a test decides what happens meanwhile. */
struct block {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  bool inside, may_go;
};

static void stay(const repolock_event_t *event, void *user_data) {
  struct block *block = user_data;
  (void)event;
  pthread_mutex_lock(&block->mutex);
  block->inside = true;
  pthread_cond_broadcast(&block->changed);
  while (!block->may_go) pthread_cond_wait(&block->changed, &block->mutex);
  pthread_mutex_unlock(&block->mutex);
}

static void block_client(repolock_client_t *client, struct block *block) {
  const struct block fresh = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, false};
  repolock_op_t *op = NULL;
  *block = fresh;
  assert_status(repolock_diagnose_start(client, &op), REPOLOCK_OK);
  assert_status(repolock_op_on_done(op, stay, block, NULL), REPOLOCK_OK);
  pthread_mutex_lock(&block->mutex);
  while (!block->inside) pthread_cond_wait(&block->changed, &block->mutex);
  pthread_mutex_unlock(&block->mutex);
  repolock_op_free(op);
}

static void unblock_client(struct block *block) {
  pthread_mutex_lock(&block->mutex);
  block->may_go = true;
  pthread_cond_broadcast(&block->changed);
  pthread_mutex_unlock(&block->mutex);
}

static void done_is_told_once_on_the_clients_thread(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  repolock_op_t *won = start_lock(client, "a/b", NULL), *failed = NULL;
  struct news *good = new_news(), *bad = new_news();
  assert_status(repolock_op_on_done(won, hear, good, hear_no_more), REPOLOCK_OK);
  repolock_request_t *request = new_request(-7, 0);
  failed = start_lock(client, "a/b", request);
  assert_status(repolock_op_on_done(failed, hear, bad, hear_no_more), REPOLOCK_OK);

  await_end(bad, 1);
  assert_int_equal(bad->told[0].kind, REPOLOCK_EVENT_DONE);
  assert_status(bad->told[0].status, REPOLOCK_E_INVALID);
  assert_string_equal(bad->told[0].message, repolock_op_message(failed));
  assert_contains(bad->told[0].message, "-7");
  assert_int_equal(count_of(good), 0);

  unlock(lease);
  await_end(good, 1);
  assert_status(good->told[0].status, REPOLOCK_OK);
  assert_ptr_equal(good->told[0].user_data, good);
  assert_int_equal(good->told[0].level, 0);
  assert_true(pthread_equal(good->told[0].thread, bad->told[0].thread));
  unlock(take(won));
  repolock_op_free(failed);
  repolock_request_free(request);
  close_client(client);
  free_news(good);
  free_news(bad);
}

static void one_listener_for_each_kind(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  repolock_op_t *op = start_lock(client, "a/b", NULL);
  struct news *first = new_news(), *refused = new_news();
  assert_status(repolock_op_on_done(op, hear, first, hear_no_more), REPOLOCK_OK);
  assert_status(repolock_op_on_done(op, hear, refused, hear_no_more), REPOLOCK_E_INVALID);
  assert_status(repolock_op_on_wait(op, hear, first, NULL), REPOLOCK_OK);
  assert_status(repolock_op_on_wait(op, hear, refused, hear_no_more), REPOLOCK_E_INVALID);
  assert_status(repolock_client_on_log(client, REPOLOCK_LOG_DEBUG, hear, first, NULL), REPOLOCK_OK);
  assert_status(repolock_client_on_log(client, REPOLOCK_LOG_DEBUG, hear, refused, hear_no_more),
                REPOLOCK_E_INVALID);
  unlock(lease);
  unlock(take(op));
  close_client(client);
  assert_int_equal(refused->count, 0); /* nothing was kept, called or freed */
  assert_int_equal(refused->ends, 0);
  free_news(first);
  free_news(refused);
}

static void what_cannot_be_heard(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  repolock_op_t *op = NULL;
  struct news *news = new_news();
  assert_status(repolock_extend_start(lease, 1000, &op), REPOLOCK_OK);
  /* Only acquisitions wait; the queue has nothing to free. */
  assert_status(repolock_op_on_wait(op, hear, news, hear_no_more), REPOLOCK_E_INVALID);
  assert_status(repolock_op_on_done(op, NULL, news, hear_no_more), REPOLOCK_E_INVALID);
  assert_status(repolock_lease_on_lost(lease, NULL, news, hear_no_more), REPOLOCK_E_INVALID);
  assert_status(repolock_client_on_log(client, 3, NULL, news, hear_no_more), REPOLOCK_E_INVALID);
  assert_status(repolock_client_on_log(client, 0, hear, news, hear_no_more), REPOLOCK_E_INVALID);
  assert_status(repolock_client_on_log(client, 5, hear, news, hear_no_more), REPOLOCK_E_INVALID);
  assert_status(repolock_client_on_log(NULL, 3, hear, news, hear_no_more), REPOLOCK_E_INVALID);
  assert_status(repolock_op_wait(op, -1), REPOLOCK_OK);
  repolock_op_free(op);
  unlock(lease);
  close_client(client);
  assert_int_equal(news->count + (size_t)news->ends, 0);
  free_news(news);
}

/* What has happened already is told at once, but never inside on_done. */
static void after_the_end_it_is_told_at_once(void **state) {
  repolock_client_t *client = open_client(*state);
  struct block block;
  repolock_op_t *op = start_lock(client, "a/b", NULL);
  assert_status(repolock_op_wait(op, -1), REPOLOCK_OK);
  struct news *done = new_news(), *wait = new_news();
  block_client(client, &block);
  assert_status(repolock_op_on_done(op, hear, done, hear_no_more), REPOLOCK_OK);
  assert_status(repolock_op_on_wait(op, hear, wait, hear_no_more), REPOLOCK_OK);
  assert_int_equal(count_of(done), 0);
  unblock_client(&block);
  await_end(done, 1);
  await_end(wait, 0); /* never after DONE */
  assert_false(pthread_equal(done->told[0].thread, pthread_self()));
  unlock(take(op));
  close_client(client);
  free_news(done);
  free_news(wait);
}

static void waiting_comes_before_done(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_request_t *request = repolock_request_new();
  repolock_request_set_holder(request, NAME("first job"));
  repolock_lease_t *lease = lock_as(client, "a/b", request);
  struct news *news = new_news(), *late = new_news();
  repolock_op_t *first = start_lock(client, "a/b", NULL);
  await_waiters(client, "a/b", 1);
  repolock_op_t *second = start_lock(client, "a/b", NULL);
  await_waiters(client, "a/b", 2);

  /* It waits already: that is told at once, too. */
  assert_status(repolock_op_on_wait(second, hear, news, NULL), REPOLOCK_OK);
  assert_int_equal(await_news(news, 1)->kind, REPOLOCK_EVENT_WAITING);
  assert_status(news->told[0].status, REPOLOCK_E_PENDING);
  assert_contains(news->told[0].message, "first job");
  assert_contains(news->told[0].message, "1 ahead of you");
  repolock_op_cancel(first);
  assert_contains(await_news(news, 2)->message, "you are next");
  assert_status(repolock_op_on_done(second, hear, late, hear_no_more), REPOLOCK_OK);
  unlock(lease);
  await_end(late, 1);
  const size_t told = count_of(news);
  unlock(take(second));
  repolock_op_free(first);
  repolock_request_free(request);
  close_client(client);
  assert_int_equal(news->count, told);
  for (size_t i = 0; i < told; ++i) assert_int_equal(news->told[i].kind, REPOLOCK_EVENT_WAITING);
  free_news(news);
  free_news(late);
}

/* Freed first, it hears nothing more; its user_data goes all the same. */
static void a_freed_handle_is_silent(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  repolock_op_t *op = start_lock(client, "a/b", NULL);
  struct news *done = new_news(), *wait = new_news(), *lost = new_news();
  struct block block;
  await_waiters(client, "a/b", 1);
  block_client(client, &block);
  assert_status(repolock_op_on_done(op, hear, done, hear_no_more), REPOLOCK_OK);
  assert_status(repolock_op_on_wait(op, hear, wait, hear_no_more), REPOLOCK_OK);
  assert_status(repolock_lease_on_lost(lease, hear, lost, hear_no_more), REPOLOCK_OK);
  repolock_op_cancel(op);
  repolock_op_free(op);
  repolock_lease_free(lease);
  unblock_client(&block);
  await_end(done, 0);
  await_end(wait, 0);
  await_end(lost, 0);
  repolock_client_free(client);
  free_news(done);
  free_news(wait);
  free_news(lost);
}

static void a_freed_client_logs_nothing(void **state) {
  for (int i = 0; i < 5; ++i) {
    repolock_client_t *client = open_client(*state);
    repolock_lease_t *lease = lock_for(client, "a/b", 600);
    struct news *news = new_news();
    struct block block;
    assert_status(repolock_client_on_log(client, REPOLOCK_LOG_DEBUG, hear, news, hear_no_more),
                  REPOLOCK_OK);
    settle(client);
    suffer(*state, "unavailable=extend");
    block_client(client, &block);
    repolock_op_t *op = NULL; /* its failure would be logged */
    assert_status(repolock_extend_start(lease, 600, &op), REPOLOCK_OK);
    repolock_op_free(op);
    repolock_client_free(client);
    unblock_client(&block);
    await_end(news, 0);
    repolock_lease_free(lease);
    free_news(news);
    suffer(*state, "clear,expire");
  }
}

/* user_data is given back once, last, however its story ends. */
static void user_data_goes_at_the_end(void **state) {
  repolock_client_t *client = open_client(*state);
  struct news *log = new_news(), *lost = new_news(), *done = new_news();
  repolock_lease_t *lease = lock(client, "a/b");
  repolock_op_t *op = start_lock(client, "a/b", NULL);
  assert_status(repolock_client_on_log(client, REPOLOCK_LOG_ERROR, hear, log, hear_no_more),
                REPOLOCK_OK);
  assert_status(repolock_lease_on_lost(lease, hear, lost, hear_no_more), REPOLOCK_OK);
  assert_status(repolock_op_on_done(op, hear, done, hear_no_more), REPOLOCK_OK);
  assert_status(repolock_shutdown(client, 0), REPOLOCK_OK);
  /* When it returns, all of them have run. */
  assert_int_equal(log->ends, 1);
  assert_int_equal(lost->ends, 1);
  assert_int_equal(done->ends, 1);
  assert_int_equal(lost->count, 1);
  assert_int_equal(done->count, 1);
  assert_false(lost->told_after_end || done->told_after_end || log->told_after_end);
  repolock_op_free(op);
  repolock_lease_free(lease);
  repolock_client_free(client);
  assert_int_equal(lost->ends + done->ends + log->ends, 3);
  free_news(log);
  free_news(lost);
  free_news(done);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_EACH(done_is_told_once_on_the_clients_thread),
      ON_EACH(one_listener_for_each_kind),
      ON_EACH(what_cannot_be_heard),
      ON_EACH(after_the_end_it_is_told_at_once),
      ON_EACH(waiting_comes_before_done),
      ON_EACH(a_freed_handle_is_silent),
      ON_MEMORY(a_freed_client_logs_nothing),
      ON_EACH(user_data_goes_at_the_end),
  };
  return RUN(tests);
}
