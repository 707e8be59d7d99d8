/* Every kind of callback frees every kind of handle, its own included, also while a shutdown is under
 * way: what is promised to be called is called once, nothing is told of a freed handle any more, no
 * lock stays held, and the thread ends. */
#include "world.h"

enum kind {
  ON_DONE,
  ON_WAIT,
  ON_LOST,
  ON_LOG,
  ON_FREE, /* free_user_data, the last of all calls */
  KINDS
};

enum victim {
  THE_OP = 1,
  THE_LEASE = 2,
  THE_CLIENT = 4,
  VICTIMS = 8
};

struct scene {
  enum kind kind;
  int victims;
  repolock_client_t *client;
  repolock_lease_t *lease;
  repolock_op_t *op;
  int told[KINDS], ended[KINDS], promised[KINDS];
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  enum {
    NOT_YET, /* somebody is inside a call on one of the handles */
    READY,
    FREED,
    TOO_LATE
  } state;
};

static void free_victims(struct scene *scene) {
  pthread_mutex_lock(&scene->mutex);
  while (scene->state == NOT_YET) pthread_cond_wait(&scene->changed, &scene->mutex);
  if (scene->state == READY) {
    if ((scene->victims & THE_CLIENT) != 0) repolock_client_free(scene->client);
    if ((scene->victims & THE_OP) != 0) repolock_op_free(scene->op);
    if ((scene->victims & THE_LEASE) != 0) repolock_lease_free(scene->lease);
    scene->state = FREED;
    pthread_cond_broadcast(&scene->changed);
  }
  pthread_mutex_unlock(&scene->mutex);
}

/* user_data of each kind. */
struct ear {
  struct scene *scene;
  enum kind kind;
};

static void hear_and_free(const repolock_event_t *event, void *data) {
  struct ear *ear = data;
  (void)event;
  __atomic_add_fetch(&ear->scene->told[ear->kind], 1, __ATOMIC_SEQ_CST);
  if (ear->kind == ear->scene->kind) free_victims(ear->scene);
}

static void end_and_free(void *data) {
  struct ear *ear = data;
  if (ear->scene->kind == ON_FREE && ear->kind == ON_DONE) free_victims(ear->scene);
  pthread_mutex_lock(&ear->scene->mutex);
  __atomic_add_fetch(&ear->scene->ended[ear->kind], 1, __ATOMIC_SEQ_CST);
  pthread_cond_broadcast(&ear->scene->changed);
  pthread_mutex_unlock(&ear->scene->mutex);
}

/* There may be nothing to log, and nobody may have waited. */
static bool is_over(const struct scene *scene) {
  return scene->state == FREED || scene->kind == ON_LOG ||
         (scene->kind == ON_WAIT && scene->ended[ON_WAIT] == scene->promised[ON_WAIT]);
}

static bool is_left(const struct scene *scene, enum victim victim) {
  return scene->state != FREED || (scene->victims & (int)victim) == 0;
}

/* A lease that will be broken, an op that waits behind it, and a log. */
static void run_scene(struct row *row, const struct place *place, enum kind kind, int victims) {
  struct scene scene = {.kind = kind, .victims = victims};
  struct ear ears[KINDS];
  const int threads = threads_of_this_process();
  pthread_mutex_init(&scene.mutex, NULL);
  pthread_cond_init(&scene.changed, NULL);
  for (int i = 0; i < KINDS; ++i) ears[i] = (struct ear){&scene, (enum kind)i};
  scene.client = open_with(place, "ttl_ms", "20", "max_ttl_ms", "20", NULL);
  scene.lease = lock_for(scene.client, "a/b", 20);
  repolock_request_t *request = new_request(20, -1);
  scene.op = start_lock(scene.client, "a/b", request);
  repolock_request_free(request);
  await_waiting(scene.client, scene.op);
  char id[64];
  snprintf(id, sizeof id, "%s", repolock_lease_id(scene.lease));

  scene.promised[ON_LOG] = repolock_client_on_log(scene.client, REPOLOCK_LOG_DEBUG, hear_and_free,
                                                  &ears[ON_LOG], end_and_free) == REPOLOCK_OK;
  scene.promised[ON_LOST] = repolock_lease_on_lost(scene.lease, hear_and_free, &ears[ON_LOST],
                                                   end_and_free) == REPOLOCK_OK;
  scene.promised[ON_DONE] =
      repolock_op_on_done(scene.op, hear_and_free, &ears[ON_DONE], end_and_free) == REPOLOCK_OK;
  scene.promised[ON_WAIT] =
      repolock_op_on_wait(scene.op, hear_and_free, &ears[ON_WAIT], end_and_free) == REPOLOCK_OK;
  pthread_mutex_lock(&scene.mutex);
  scene.state = READY;
  pthread_cond_broadcast(&scene.changed);
  pthread_mutex_unlock(&scene.mutex);

  /* Another client breaks the lease: LOST comes, and then DONE. */
  repolock_client_t *other = open_client(place);
  repolock_op_t *op = NULL;
  assert_status(repolock_break_start(other, NAME("a/b"), id, &op), REPOLOCK_OK);
  repolock_op_wait(op, -1);
  repolock_op_free(op);
  pthread_mutex_lock(&scene.mutex);
  while (!is_over(&scene)) pthread_cond_wait(&scene.changed, &scene.mutex);
  if (scene.state != FREED) scene.state = TOO_LATE;
  pthread_mutex_unlock(&scene.mutex);

  if (is_left(&scene, THE_CLIENT)) MUST(row, repolock_shutdown(scene.client, 0) == REPOLOCK_OK);
  if (is_left(&scene, THE_OP)) repolock_op_free(scene.op);
  if (is_left(&scene, THE_LEASE)) repolock_lease_free(scene.lease);
  if (is_left(&scene, THE_CLIENT)) repolock_client_free(scene.client);
  unlock(lock(other, "a/b"));
  close_client(other);
  while (threads_of_this_process() > threads) usleep(500);
  pthread_mutex_lock(&scene.mutex); /* whoever ended last has let go of it */
  for (int i = 0; i < KINDS; ++i) {
    MUST(row, __atomic_load_n(&scene.ended[i], __ATOMIC_SEQ_CST) == scene.promised[i]);
    MUST(row,
         i == ON_WAIT || i == ON_LOG || __atomic_load_n(&scene.told[i], __ATOMIC_SEQ_CST) <= 1);
  }
  pthread_mutex_unlock(&scene.mutex);
  pthread_cond_destroy(&scene.changed);
  pthread_mutex_destroy(&scene.mutex);
}

static void any_handle_in_any_callback(void **state) {
  struct row row = begin_row("callbacks that free handles", (uint64_t)2 * KINDS * VICTIMS);
  while (again(&row)) {
    const uint64_t scene = row.runs - 1;
    run_scene(&row, *state, (enum kind)(scene % KINDS), (int)(scene / KINDS % VICTIMS));
  }
  assert_true(end_row(&row, "%d callbacks, %d sets of handles", KINDS, VICTIMS));
}

/* ---- Shut down from inside ------------------------------------------------------------------- */

static void shut_down_and_free(const repolock_event_t *event, void *data) {
  struct scene *scene = data;
  repolock_op_t *op = NULL;
  (void)event;
  repolock_shutdown_start(scene->client, 0, &op);
  repolock_op_on_done(op, hear_and_free, NULL, NULL); /* it is freed before it can be told */
  repolock_client_free(scene->client);
  repolock_op_free(op);
}

static void hear_of_freeing(void *data) {
  struct scene *scene = data;
  pthread_mutex_lock(&scene->mutex);
  scene->state = FREED;
  pthread_cond_broadcast(&scene->changed);
  pthread_mutex_unlock(&scene->mutex);
}

static void shutdown_and_free_in_one_callback(void **state) {
  struct row row = begin_row("a callback that shuts down and frees its client", 100);
  while (again(&row)) {
    struct scene scene;
    memset(&scene, 0, sizeof scene);
    const int threads = threads_of_this_process();
    pthread_mutex_init(&scene.mutex, NULL);
    pthread_cond_init(&scene.changed, NULL);
    scene.client = open_client(*state);
    repolock_op_t *op = NULL;
    assert_status(repolock_diagnose_start(scene.client, &op), REPOLOCK_OK);
    MUST(&row, repolock_op_on_done(op, shut_down_and_free, &scene, hear_of_freeing) == REPOLOCK_OK);
    pthread_mutex_lock(&scene.mutex);
    while (scene.state != FREED) pthread_cond_wait(&scene.changed, &scene.mutex);
    pthread_mutex_unlock(&scene.mutex);
    repolock_op_free(op);
    while (threads_of_this_process() > threads) usleep(500);
    pthread_cond_destroy(&scene.changed);
    pthread_mutex_destroy(&scene.mutex);
  }
  assert_true(end_row(&row, "the thread ended each time"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(any_handle_in_any_callback),
      ON_BOTH(shutdown_and_free_in_one_callback),
  };
  return RUN(tests);
}
