/* What a callback may do: all that does not block, and free any handle, its own included. */
#include "news.h"
#include "redis_place.h"

#include <signal.h>

struct inside {
  repolock_client_t *client;
  repolock_lease_t *lease, *own;
  repolock_op_t *op;
  repolock_status_t blocking[8], other[6];
  bool takes_signals;
  char err[REPOLOCK_ERR_SIZE];
  struct news *news;
};

static int32_t never(repolock_lease_t *lease, void *user_data) {
  (void)lease, (void)user_data;
  return 0;
}

static void try_everything(const repolock_event_t *event, void *user_data) {
  struct inside *in = user_data;
  repolock_lease_t *lease = NULL;
  repolock_event_t *next = NULL;
  repolock_op_t *op = NULL;
  in->blocking[0] =
      repolock_acquire(in->client, NAME("c/d"), NULL, &lease, in->err, sizeof in->err);
  in->blocking[1] = repolock_extend(in->lease, 1000);
  in->blocking[2] = repolock_release(in->lease);
  in->blocking[3] = repolock_with_lock(in->client, NAME("c/d"), NULL, never, NULL, NULL, NULL, 0);
  in->blocking[4] = repolock_shutdown(in->client, 0);
  in->blocking[5] = repolock_op_wait(in->op, 10);
  in->blocking[6] = repolock_op_wait(in->op, -1);
  in->blocking[7] = repolock_event_next(in->client, 10, &next);

  in->other[0] = repolock_op_wait(in->op, 0) == REPOLOCK_E_PENDING ? REPOLOCK_OK : -1;
  in->other[1] = repolock_event_next(in->client, 0, &next) == REPOLOCK_E_PENDING ? 0 : -1;
  in->other[2] = repolock_lease_status(in->lease);
  in->other[3] = repolock_op_take_lease(in->own == NULL ? NULL : in->op, &lease) == 0 ? -1 : 0;
  in->other[4] = repolock_inspect_start(in->client, NAME("a/b"), &op);
  in->other[5] = repolock_op_on_done(op, hear, in->news, hear_no_more);
  repolock_op_free(op); /* its callback does not come any more */
  repolock_client_heartbeat(in->client);
  sigset_t blocked;
  pthread_sigmask(SIG_BLOCK, NULL, &blocked);
  in->takes_signals = !sigismember(&blocked, SIGUSR1) || !sigismember(&blocked, SIGPIPE);
  (void)event;
}

static void a_blocking_call_is_refused_there(void **state) {
  struct inside in;
  memset(&in, 0, sizeof in);
  in.news = new_news();
  in.client = open_client(*state);
  in.lease = lock(in.client, "a/b");
  in.op = start_lock(in.client, "a/b", NULL);
  repolock_op_t *op = NULL;
  assert_status(repolock_diagnose_start(in.client, &op), REPOLOCK_OK);
  assert_status(repolock_op_on_done(op, try_everything, &in, NULL), REPOLOCK_OK);
  await_end(in.news, 0);
  for (size_t i = 0; i < 8; ++i) assert_status(in.blocking[i], REPOLOCK_E_WRONG_THREAD);
  assert_contains(in.err, "callback");
  assert_false(in.takes_signals); /* they are for the program's own threads */
  for (size_t i = 0; i < 6; ++i) assert_status(in.other[i], REPOLOCK_OK);
  assert_status(repolock_lease_status(in.lease), REPOLOCK_OK);
  repolock_op_free(op);
  repolock_op_free(in.op);
  unlock(in.lease);
  close_client(in.client);
  free_news(in.news);
}

static void take_and_release(const repolock_event_t *event, void *user_data) {
  struct inside *in = user_data;
  repolock_lease_t *lease = NULL;
  if (repolock_op_take_lease(in->op, &lease) == REPOLOCK_OK) repolock_release_start(lease, NULL);
  repolock_lease_free(lease);
  repolock_op_free(in->op);
  hear(event, in->news); /* borrowed until the call returns */
}

/* The life of a lock without any thread that waits for it. */
static void a_callback_takes_releases_and_frees(void **state) {
  struct inside in;
  memset(&in, 0, sizeof in);
  in.client = open_client(*state);
  in.news = new_news();
  repolock_lease_t *lease = lock(in.client, "a/b");
  in.op = start_lock(in.client, "a/b", NULL);
  assert_status(repolock_op_on_done(in.op, take_and_release, &in, NULL), REPOLOCK_OK);
  unlock(lease);
  assert_status(await_news(in.news, 1)->status, REPOLOCK_OK);
  unlock(lock(in.client, "a/b"));
  close_client(in.client);
  free_news(in.news);
}

static void free_the_lease(const repolock_event_t *event, void *user_data) {
  struct inside *in = user_data;
  repolock_lease_free(in->lease);
  hear(event, in->news);
}

static void inside_ends(void *user_data) {
  hear_no_more(((struct inside *)user_data)->news);
}

static void a_callback_frees_the_lease_that_is_lost(void **state) {
  struct inside in;
  memset(&in, 0, sizeof in);
  in.client = open_client(*state);
  in.news = new_news();
  in.lease = lock(in.client, "a/b");
  assert_status(repolock_lease_on_lost(in.lease, free_the_lease, &in, inside_ends), REPOLOCK_OK);
  suffer(*state, "break");
  await_end(in.news, 1);
  assert_string_equal(in.news->told[0].reason, "broken");
  close_client(in.client);
  free_news(in.news);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_EACH(a_blocking_call_is_refused_there),
      ON_EACH(a_callback_takes_releases_and_frees),
      ON_MEMORY(a_callback_frees_the_lease_that_is_lost),
  };
  return RUN(tests);
}
