/* After fork(): what the parent made says E_FORKED in the child, and its locks are left alone. */
#include "child.h"
#include "news.h"
#include "redis_place.h"

/* Everything that a parent can have when it forks. */
struct family {
  const struct place *place;
  repolock_config_t *config;
  repolock_client_t *client;
  repolock_request_t *request;
  repolock_lease_t *lease, *spare;
  repolock_op_t *op, *done;
  repolock_event_t *event;
  repolock_snapshot_t *snapshot;
};

static struct family new_family(const struct place *place) {
  struct family all;
  memset(&all, 0, sizeof all);
  all.place = place;
  all.config = repolock_config_new();
  all.client = open_client(place);
  all.request = new_request(5000, 0);
  all.lease = lock(all.client, "a/b");
  all.spare = lock(all.client, "e/f");
  all.op = start_lock(all.client, "a/b", NULL);
  await_waiters(all.client, "a/b", 1);
  assert_status(repolock_diagnose_start(all.client, &all.done), REPOLOCK_OK);
  assert_status(repolock_op_on_done(all.done, NULL, NULL, NULL), REPOLOCK_OK);
  assert_status(repolock_event_next(all.client, -1, &all.event), REPOLOCK_OK);
  assert_status(repolock_op_snapshot(all.done, &all.snapshot), REPOLOCK_OK);
  return all;
}

static void free_family(struct family *all) {
  repolock_event_free(all->event);
  repolock_snapshot_free(all->snapshot);
  repolock_request_free(all->request);
  repolock_config_free(all->config);
  repolock_op_free(all->op);
  repolock_op_free(all->done);
  repolock_lease_free(all->lease);
  repolock_lease_free(all->spare);
  repolock_client_free(all->client);
}

static int32_t body(repolock_lease_t *lease, void *user_data) {
  (void)lease, (void)user_data;
  return 0;
}

static void call_everything(void *data) {
  struct family *all = data;
  char err[REPOLOCK_ERR_SIZE] = "";
  repolock_lease_t *lease = NULL;
  repolock_op_t *op = NULL;
  repolock_event_t *event = NULL;
  repolock_snapshot_t *snapshot = NULL;
  const char *name;
  int64_t value;
  const repolock_status_t forked[] = {
      repolock_acquire(all->client, NAME("c/d"), all->request, &lease, err, sizeof err),
      repolock_extend(all->lease, 1000),
      repolock_release(all->lease),
      repolock_with_lock(all->client, NAME("c/d"), NULL, body, NULL, NULL, NULL, 0),
      repolock_shutdown(all->client, 0),
      repolock_acquire_start(all->client, NAME("c/d"), NULL, &op),
      repolock_extend_start(all->lease, 1000, &op),
      repolock_release_start(all->lease, &op),
      repolock_shutdown_start(all->client, 0, &op),
      repolock_inspect_start(all->client, NAME("a/b"), &op),
      repolock_diagnose_start(all->client, &op),
      repolock_break_start(all->client, NAME("a/b"), repolock_lease_id(all->lease), &op),
      repolock_op_on_done(all->op, hear, NULL, NULL),
      repolock_op_on_wait(all->op, hear, NULL, NULL),
      repolock_op_wait(all->op, -1),
      repolock_op_status(all->op),
      repolock_op_take_lease(all->op, &lease),
      repolock_op_snapshot(all->op, &snapshot),
      repolock_lease_status(all->lease),
      repolock_lease_on_lost(all->lease, hear, NULL, NULL),
      repolock_event_next(all->client, -1, &event),
      repolock_client_on_log(all->client, REPOLOCK_LOG_INFO, hear, NULL, NULL),
      repolock_client_stat(all->client, 0, &name, &value),
  };
  for (size_t i = 0; i < sizeof forked / sizeof forked[0]; ++i) {
    if (forked[i] != REPOLOCK_E_FORKED) fprintf(stderr, "call %zu: %d\n", i, forked[i]);
    CHILD_CHECK(forked[i] == REPOLOCK_E_FORKED);
  }
  CHILD_CHECK(strstr(err, "fork") != NULL && strstr(err, "open a new one") != NULL);
  CHILD_CHECK(lease == NULL && op == NULL && event == NULL && snapshot == NULL);
  CHILD_CHECK(repolock_lease_remaining_ms(all->lease) == 0);
  CHILD_CHECK(repolock_lease_inherit_fd(all->lease) == -1);
  CHILD_CHECK(repolock_event_fd(all->client) == -1);
  CHILD_CHECK(repolock_op_message(all->op)[0] == '\0');
  CHILD_CHECK(repolock_lease_message(all->lease)[0] == '\0');
  repolock_op_cancel(all->op);
  repolock_client_heartbeat(all->client);
  /* What is plain data is there. */
  CHILD_CHECK(repolock_event_kind(all->event) == REPOLOCK_EVENT_DONE);
  CHILD_CHECK(repolock_lease_fence(all->lease) > 0);
  CHILD_CHECK(repolock_client_capabilities(all->client) != 0);
  repolock_snapshot_size(all->snapshot);
  free_family(all);
}

static void what_the_parent_made_is_not_for_the_child(void **state) {
  struct family all = new_family(*state);
  in_child(call_everything, &all);

  /* The parent finds all as it left it. */
  assert_status(repolock_lease_status(all.lease), REPOLOCK_OK);
  assert_false(is_free(all.client, "a/b"));
  assert_false(is_free(all.client, "e/f"));
  assert_status(repolock_op_status(all.op), REPOLOCK_E_PENDING);
  assert_status(repolock_release(all.lease), REPOLOCK_OK);
  assert_status(repolock_op_wait(all.op, -1), REPOLOCK_OK);
  assert_status(repolock_release(all.spare), REPOLOCK_OK);
  repolock_client_t *client = all.client;
  all.client = NULL;
  free_family(&all);
  close_client(client);
}

static void open_its_own(void *data) {
  const struct family *all = data;
  repolock_client_t *client = open_client(all->place);
  repolock_lease_t *lease = NULL;
  /* A file is the host's, memory is of one process. */
  const bool is_held = is_file(all->place);
  const repolock_status_t status =
      repolock_acquire(client, NAME("a/b"), all->request, &lease, NULL, 0);
  CHILD_CHECK(status == (is_held ? REPOLOCK_E_HELD : REPOLOCK_OK));
  repolock_lease_t *other = NULL;
  CHILD_CHECK(repolock_acquire(client, NAME("c/d"), NULL, &other, NULL, 0) == REPOLOCK_OK);
  CHILD_CHECK(repolock_release(other) == REPOLOCK_OK);
  CHILD_CHECK(repolock_shutdown(client, 0) == REPOLOCK_OK);
  repolock_lease_free(lease);
  repolock_lease_free(other);
  repolock_client_free(client);
}

static void a_child_opens_its_own_client(void **state) {
  struct family all = new_family(*state);
  in_child(open_its_own, &all);
  assert_false(is_free(all.client, "a/b"));
  unlock(all.spare);
  all.spare = NULL;
  free_family(&all);
}

/* The child ends, or runs on without exec: what the parent held is the parent's to release. */
static void live_on(void *data) {
  await_gate(data);
}

static void a_child_that_lives_on_keeps_nothing(void **state) {
  repolock_client_t *client = open_client(*state);
  struct gate end = new_gate();
  repolock_lease_t *lease = lock(client, "a/b");
  const pid_t child = start_child(live_on, &end);
  unlock(lease);
  unlock(lock(client, "a/b"));
  open_gate(&end);
  assert_child_is_well(child);
  free_gate(&end);
  close_client(client);
}

/* ---- Forks in the middle of everything ------------------------------------------------------- */

struct busy {
  const struct place *place;
  repolock_client_t *client;
  pthread_mutex_t mutex;
  bool stop;
};

static bool may_go_on(struct busy *busy) {
  pthread_mutex_lock(&busy->mutex);
  const bool stop = busy->stop;
  pthread_mutex_unlock(&busy->mutex);
  return !stop;
}

static void *be_busy(void *data) {
  struct busy *busy = data;
  while (may_go_on(busy)) {
    repolock_client_t *own = open_client(busy->place);
    for (int i = 0; i < 5; ++i) {
      unlock(lock(busy->client, "a/b"));
      repolock_with_lock(own, NAME("c/d"), NULL, body, NULL, NULL, NULL, 0);
      repolock_op_free(start_lock(busy->client, "a/b", NULL));
    }
    repolock_client_free(own);
  }
  return NULL;
}

/* Not under the thread sanitizer: the child of a process with threads must not start any there. */
#ifndef __SANITIZE_THREAD__
static void lock_in_the_child(void *data) {
  struct busy *busy = data;
  repolock_lease_t *lease = NULL;
  CHILD_CHECK(repolock_acquire(busy->client, NAME("a/b"), NULL, &lease, NULL, 0) ==
              REPOLOCK_E_FORKED);
  repolock_client_free(busy->client);
  repolock_client_t *own = open_client(busy->place);
  CHILD_CHECK(repolock_acquire(own, NAME("a/b"), NULL, &lease, NULL, 0) == REPOLOCK_OK);
  CHILD_CHECK(repolock_release(lease) == REPOLOCK_OK);
  CHILD_CHECK(repolock_shutdown(own, 0) == REPOLOCK_OK);
}

static void forked_while_others_work_no_child_hangs(void **state) {
  struct busy busy = {*state, open_client(*state), PTHREAD_MUTEX_INITIALIZER, false};
  pthread_t threads[3];
  for (int i = 0; i < 3; ++i) pthread_create(&threads[i], NULL, be_busy, &busy);
  for (int i = 0; i < 25; ++i) in_child(lock_in_the_child, &busy);
  pthread_mutex_lock(&busy.mutex);
  busy.stop = true;
  pthread_mutex_unlock(&busy.mutex);
  for (int i = 0; i < 3; ++i) pthread_join(threads[i], NULL);
  unlock(lock(busy.client, "a/b"));
  close_client(busy.client);
}

#endif

/* ---- Inside with_lock ------------------------------------------------------------------------ */

static int32_t fork_inside(repolock_lease_t *lease, void *user_data) {
  (void)lease;
  *(pid_t *)user_data = fork();
  return 5;
}

/* The child comes back from the body as well: it holds nothing, and must not touch what is held. */
static void a_body_that_forks_returns_twice(void **state) {
  repolock_client_t *client = open_client(*state), *other = open_client(*state);
  struct busy busy = {*state, client, PTHREAD_MUTEX_INITIALIZER, false};
  pthread_t thread;
  pthread_create(&thread, NULL, be_busy, &busy);
  for (int i = 0; i < 10; ++i) {
    pid_t child = -1;
    int32_t result = 0;
    const repolock_status_t status =
        repolock_with_lock(client, NAME("x/y"), NULL, fork_inside, &child, &result, NULL, 0);
    if (child == 0) {
      alarm(HANG_SECONDS / 2);
      CHILD_CHECK(status == REPOLOCK_E_FORKED);
      _exit(0);
    }
    assert_child_is_well(child);
    assert_status(status, REPOLOCK_OK);
    assert_int_equal(result, 5);
    assert_true(is_free(other, "x/y"));
  }
  pthread_mutex_lock(&busy.mutex);
  busy.stop = true;
  pthread_mutex_unlock(&busy.mutex);
  pthread_join(thread, NULL);
  close_client(client);
  close_client(other);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_EACH(what_the_parent_made_is_not_for_the_child), ON_BOTH(a_child_opens_its_own_client),
      ON_EACH(a_child_that_lives_on_keeps_nothing),
#ifndef __SANITIZE_THREAD__
      ON_EACH(forked_while_others_work_no_child_hangs),
#endif
      ON_EACH(a_body_that_forks_returns_twice),
  };
  return RUN(tests);
}
