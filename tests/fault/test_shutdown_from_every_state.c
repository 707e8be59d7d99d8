/* A client is shut down from every state, in every way: the call comes back, what was under way is
 * final, every listener hears its end once, the thread ends, and the lock is free in time. */
#include "api/child.h"
#include "world.h"

enum state_of_client {
  IDLE,
  WAITING,
  GRANTED, /* and nobody took it */
  HELD,
  RELEASING,
  EXTENDING,
  IN_A_CALLBACK,
  UNDRAINED,
  FORKED, /* a child has a copy of it all */
  STATES
};

enum way {
  AT_ONCE,
  A_SHORT_DRAIN,
  A_LONG_DRAIN, /* the holder lets go meanwhile */
  TWICE,
  FROM_TWO_THREADS,
  BY_STEPS,
  FREED_ONLY,
  WAYS
};

struct scene {
  const struct place *place;
  repolock_client_t *client;
  repolock_lease_t *lease;
  repolock_op_t *op;
  struct heard heard;
  pid_t child;
  struct gate gate;
};

/* The client's thread stays in here while its shutdown is asked for. */
static void stay_inside(const repolock_event_t *event, void *data) {
  (void)event;
  await_gate(data);
}

static void live_on(void *data) {
  struct scene *scene = data;
  CHILD_CHECK(repolock_shutdown(scene->client, -1) == REPOLOCK_E_FORKED);
  CHILD_CHECK(repolock_op_wait(scene->op, -1) == REPOLOCK_E_FORKED);
  repolock_client_free(scene->client);
  await_gate(&scene->gate);
}

static void bring_about(struct scene *scene, enum state_of_client state) {
  repolock_request_t *request = new_request(20, -1);
  if (state == WAITING || state >= HELD) scene->lease = lock_as(scene->client, "a/b", request);
  if (state == WAITING || state == GRANTED) {
    scene->op = start_lock(scene->client, "a/b", request);
    if (state == WAITING) await_waiting(scene->client, scene->op);
    if (state == GRANTED) assert_status(repolock_op_wait(scene->op, -1), REPOLOCK_OK);
  }
  if (state == RELEASING)
    assert_status(repolock_release_start(scene->lease, &scene->op), REPOLOCK_OK);
  if (state == EXTENDING)
    assert_status(repolock_extend_start(scene->lease, 20, &scene->op), REPOLOCK_OK);
  if (state == IN_A_CALLBACK || state == UNDRAINED || state == FORKED)
    assert_status(repolock_diagnose_start(scene->client, &scene->op), REPOLOCK_OK);
  if (state == UNDRAINED) {
    assert_status(repolock_op_on_done(scene->op, NULL, NULL, NULL), REPOLOCK_OK);
    assert_status(repolock_lease_on_lost(scene->lease, NULL, NULL, NULL), REPOLOCK_OK);
  } else if (state == IN_A_CALLBACK) {
    assert_status(repolock_op_on_done(scene->op, stay_inside, &scene->gate, NULL), REPOLOCK_OK);
  } else if (scene->op != NULL) {
    scene->heard.promised = true;
    assert_status(repolock_op_on_done(scene->op, hear_event, &scene->heard, hear_end), REPOLOCK_OK);
  }
  if (state == FORKED) scene->child = start_child(live_on, scene);
  repolock_request_free(request);
}

static void *open_it_later(void *data) {
  nap(1);
  open_gate(data);
  return NULL;
}

static void *let_go(void *data) {
  struct scene *scene = data;
  if (scene->lease != NULL) repolock_release(scene->lease);
  if (scene->op == NULL) return NULL;
  repolock_lease_t *lease = NULL;
  repolock_op_wait(scene->op,
                   -1); /* it may be granted even now, and then it is to be let go, too */
  if (repolock_op_take_lease(scene->op, &lease) == REPOLOCK_OK) repolock_release(lease);
  repolock_lease_free(lease);
  return NULL;
}

static void *shut_down_too(void *data) {
  return repolock_shutdown(data, 5) == REPOLOCK_OK ? data : NULL;
}

static void shut_down_in_this_way(struct row *row, struct scene *scene, enum way way) {
  repolock_op_t *op = NULL;
  pthread_t thread;
  void *result = NULL;
  switch (way) {
    case AT_ONCE:
      MUST(row, repolock_shutdown(scene->client, 0) == REPOLOCK_OK);
      break;
    case A_SHORT_DRAIN:
      MUST(row, repolock_shutdown(scene->client, 3) == REPOLOCK_OK);
      break;
    case A_LONG_DRAIN:
      pthread_create(&thread, NULL, let_go, scene);
      MUST(row, repolock_shutdown(scene->client, -1) == REPOLOCK_OK);
      pthread_join(thread, NULL);
      break;
    case TWICE:
      MUST(row, repolock_shutdown(scene->client, 0) == REPOLOCK_OK);
      MUST(row, repolock_shutdown(scene->client, -1) == REPOLOCK_OK);
      break;
    case FROM_TWO_THREADS:
      pthread_create(&thread, NULL, shut_down_too, scene->client);
      MUST(row, repolock_shutdown(scene->client, 5) == REPOLOCK_OK);
      pthread_join(thread, &result);
      MUST(row, result == scene->client);
      break;
    case BY_STEPS:
      MUST(row, repolock_shutdown_start(scene->client, 0, &op) == REPOLOCK_OK);
      MUST(row, repolock_op_wait(op, -1) == REPOLOCK_OK);
      repolock_op_free(op);
      break;
    default: /* freed only */
      break;
  }
}

static void run_scene(struct row *row, const struct place *place, enum state_of_client state,
                      enum way way) {
  struct scene scene = {.place = place, .gate = new_gate()};
  const int threads = threads_of_this_process();
  const uint64_t violations = row->violations;
  scene.client = open_with(place, "ttl_ms", "20", "max_ttl_ms", "20", NULL);
  repolock_client_t *other = open_client(place);
  if (state == RELEASING) suffer(place, "delay=release:5");
  if (state == EXTENDING) suffer(place, "delay=extend:5");
  bring_about(&scene, state);
  pthread_t opener;
  if (state == IN_A_CALLBACK) pthread_create(&opener, NULL, open_it_later, &scene.gate);
  shut_down_in_this_way(row, &scene, way);
  if (state == IN_A_CALLBACK) pthread_join(opener, NULL);
  if (way != FREED_ONLY) {
    repolock_op_t *late = NULL;
    MUST(row, repolock_inspect_start(scene.client, NULL, 0, &late) == REPOLOCK_OK);
    MUST(row, repolock_op_status(late) == REPOLOCK_E_SHUTDOWN);
    repolock_op_free(late);
    if (scene.op != NULL) MUST(row, repolock_op_status(scene.op) != REPOLOCK_E_PENDING);
    if (scene.lease != NULL) MUST(row, repolock_lease_status(scene.lease) != REPOLOCK_OK);
    repolock_event_t *event = NULL;
    while (repolock_event_next(scene.client, -1, &event) == REPOLOCK_OK) repolock_event_free(event);
  }
  repolock_client_free(scene.client);
  if (scene.op != NULL) MUST(row, repolock_op_wait(scene.op, -1) != REPOLOCK_E_PENDING);
  repolock_op_free(scene.op);
  repolock_lease_free(scene.lease);
  unlock(lock(other, "a/b"));
  close_client(other);
  while (threads_of_this_process() > threads) usleep(500);
  const int told = __atomic_load_n(&scene.heard.told, __ATOMIC_SEQ_CST);
  const int ended = __atomic_load_n(&scene.heard.ended, __ATOMIC_SEQ_CST);
  MUST(row, ended == (scene.heard.promised ? 1 : 0));
  MUST(row, told == ended || way == FREED_ONLY); /* there the op was freed, perhaps before */
  if (scene.child != 0) {
    open_gate(&scene.gate);
    assert_child_is_well(scene.child);
  }
  free_gate(&scene.gate);
  if (row->violations != violations) fprintf(stderr, "  ^ state %d, way %d\n", state, way);
}

static void every_state_in_every_way(void **state) {
  struct row row = begin_row("shutdown from every state", (uint64_t)STATES * WAYS);
  while (again(&row)) {
    const uint64_t scene = row.runs - 1;
    const enum state_of_client from = (enum state_of_client)(scene % STATES);
    /* Only memory: can be slow on demand. */
    if (is_file(*state) && (from == RELEASING || from == EXTENDING)) continue;
    run_scene(&row, *state, from, (enum way)(scene / STATES % WAYS));
  }
  assert_true(end_row(&row, "%d states, %d ways", STATES, WAYS));
}

int main(void) {
  const struct CMUnitTest tests[] = {ON_BOTH(every_state_in_every_way)};
  return RUN(tests);
}
