/* Many threads: on one handle at once, and 64 that do all there is, at random. */

#include "redis_place.h"

#include <sched.h>
#include <semaphore.h>
#include <signal.h>

/* ---- One handle, many threads ---------------------------------------------------------------- */

enum {
  FEW = 8
};

struct shared_handle {
  pthread_barrier_t start;
  repolock_lease_t *lease;
  repolock_op_t *op;
  repolock_status_t statuses[FEW];
  repolock_lease_t *taken[FEW];
  size_t next;
  pthread_mutex_t mutex;
};

static size_t own_number(struct shared_handle *shared) {
  pthread_mutex_lock(&shared->mutex);
  const size_t number = shared->next++;
  pthread_mutex_unlock(&shared->mutex);
  pthread_barrier_wait(&shared->start);
  return number;
}

static void all_at_once(struct shared_handle *shared, void *(*body)(void *)) {
  pthread_t threads[FEW];
  shared->next = 0;
  pthread_mutex_init(&shared->mutex, NULL);
  pthread_barrier_init(&shared->start, NULL, FEW);
  for (int i = 0; i < FEW; ++i)
    assert_int_equal(pthread_create(&threads[i], NULL, body, shared), 0);
  for (int i = 0; i < FEW; ++i) pthread_join(threads[i], NULL);
  pthread_barrier_destroy(&shared->start);
  pthread_mutex_destroy(&shared->mutex);
}

static void *release_it(void *data) {
  struct shared_handle *shared = data;
  const size_t self = own_number(shared);
  shared->statuses[self] = repolock_release(shared->lease);
  return NULL;
}

static void all_releases_return_the_same(void **state) {
  struct shared_handle shared;
  repolock_client_t *client = open_client(*state);
  for (int round = 0; round < 20; ++round) {
    shared.lease = lock(client, "a/b");
    all_at_once(&shared, release_it);
    for (int i = 0; i < FEW; ++i) assert_status(shared.statuses[i], REPOLOCK_OK);
    repolock_lease_free(shared.lease);
  }
  close_client(client);
}

static void *wait_and_take(void *data) {
  struct shared_handle *shared = data;
  const size_t self = own_number(shared);
  repolock_op_wait(shared->op, -1);
  shared->statuses[self] = repolock_op_take_lease(shared->op, &shared->taken[self]);
  return NULL;
}

static void one_of_many_takes_the_lease(void **state) {
  struct shared_handle shared;
  repolock_client_t *client = open_client(*state);
  for (int round = 0; round < 20; ++round) {
    repolock_lease_t *winner = NULL;
    memset(shared.taken, 0, sizeof shared.taken);
    shared.op = start_lock(client, "a/b", NULL);
    all_at_once(&shared, wait_and_take);
    for (int i = 0; i < FEW; ++i) {
      assert_true((shared.taken[i] != NULL) == (shared.statuses[i] == REPOLOCK_OK));
      if (shared.taken[i] == NULL) continue;
      assert_null(winner);
      winner = shared.taken[i];
    }
    assert_non_null(winner);
    unlock(winner);
    repolock_op_free(shared.op);
  }
  close_client(client);
}

/* ---- Signals --------------------------------------------------------------------------------- */

static sem_t signals_seen;

static void see_signal(int number) {
  (void)number;
  sem_post(&signals_seen);
}

static void *wait_for_it(void *data) {
  struct shared_handle *shared = data;
  shared->statuses[0] = repolock_op_wait(shared->op, -1);
  return NULL;
}

/* Also where its handler does not restart system calls. */
static void no_signal_ends_a_wait(void **state) {
  struct sigaction action, before;
  struct shared_handle shared;
  pthread_t thread;
  sem_init(&signals_seen, 0, 0);
  memset(&action, 0, sizeof action);
  action.sa_handler = see_signal;
  assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  shared.op = start_lock(client, "a/b", NULL);
  assert_int_equal(pthread_create(&thread, NULL, wait_for_it, &shared), 0);
  for (int sent = 0; sent < 5; ++sent) {
    pthread_kill(thread, SIGUSR1);
    while (sem_wait(&signals_seen) != 0) continue;
  }
  assert_status(repolock_op_status(shared.op), REPOLOCK_E_PENDING);
  unlock(lease);
  pthread_join(thread, NULL);
  assert_status(shared.statuses[0], REPOLOCK_OK);
  unlock(take(shared.op));
  close_client(client);
  sigaction(SIGUSR1, &before, NULL);
  sem_destroy(&signals_seen);
}

/* ---- Sixty-four, at random ------------------------------------------------------------------- */

enum {
  MANY = 64,
  ROUNDS = 15,
  REPOS = 3
};

struct repository {
  volatile int inside; /* guarded by the lock alone */
  volatile int64_t visits;
  uint64_t fence;
};

struct crowd {
  repolock_client_t *clients[2];
  struct repository repositories[REPOS];
  pthread_mutex_t mutex;
  int overlaps, back_fences, odd_statuses, told, next;
  int64_t visits[REPOS];
};

static void note(struct crowd *crowd, int *counter) {
  pthread_mutex_lock(&crowd->mutex);
  ++*counter;
  pthread_mutex_unlock(&crowd->mutex);
}

/* The thread sanitizer does not see that file: orders two clients, as the kernel does it. */
__attribute__((no_sanitize("thread"))) static void visit(struct crowd *crowd, int which,
                                                         repolock_lease_t *lease) {
  struct repository *repository = &crowd->repositories[which];
  if (++repository->inside != 1) note(crowd, &crowd->overlaps);
  if (repolock_lease_fence(lease) <= repository->fence) note(crowd, &crowd->back_fences);
  repository->fence = repolock_lease_fence(lease);
  const int64_t before = repository->visits;
  sched_yield();
  repository->visits = before + 1; /* a second one in here would lose this */
  if (--repository->inside != 0) note(crowd, &crowd->overlaps);
  pthread_mutex_lock(&crowd->mutex);
  ++crowd->visits[which];
  pthread_mutex_unlock(&crowd->mutex);
}

struct visit_of {
  struct crowd *crowd;
  int which;
};

static int32_t visit_inside(repolock_lease_t *lease, void *data) {
  struct visit_of *visit_of = data;
  visit(visit_of->crowd, visit_of->which, lease);
  return 0;
}

static void count_told(const repolock_event_t *event, void *data) {
  struct crowd *crowd = data;
  (void)event;
  note(crowd, &crowd->told);
}

static bool is_expected(repolock_status_t status) {
  return status == REPOLOCK_OK || status == REPOLOCK_E_HELD || status == REPOLOCK_E_TIMEOUT ||
         status == REPOLOCK_E_CANCELED;
}

/* One of the ways in which a program may want a lock. */
static repolock_status_t want(struct crowd *crowd, unsigned random, int *asked_to_be_told) {
  static const char *names[REPOS] = {"a/b", "c/d", "e/f"};
  repolock_client_t *client = crowd->clients[random % 2];
  struct visit_of visit_of = {crowd, (int)(random / 2 % REPOS)};
  const char *name = names[visit_of.which];
  const unsigned way = random / 8 % 6;
  repolock_request_t *request = new_request(20000, way == 0 ? 0 : way == 1 ? 2 : -1);
  repolock_lease_t *lease = NULL;
  repolock_op_t *op = NULL;
  repolock_status_t status;
  if (way <= 2) {
    status = repolock_acquire(client, NAME(name), request, &lease, NULL, 0);
  } else if (way == 3) {
    status =
        repolock_with_lock(client, NAME(name), request, visit_inside, &visit_of, NULL, NULL, 0);
  } else {
    repolock_acquire_start(client, NAME(name), request, &op);
    if (way == 4 && repolock_op_on_done(op, count_told, crowd, NULL) == REPOLOCK_OK)
      ++*asked_to_be_told;
    if (way == 5) {
      if (random % 5 == 0) sched_yield();
      repolock_op_cancel(op);
    }
    status = repolock_op_wait(op, -1);
    if (status == REPOLOCK_OK && random % 7 != 0) repolock_op_take_lease(op, &lease);
  }
  if (lease != NULL) {
    visit(crowd, visit_of.which, lease);
    if (random % 3 == 0)
      repolock_release_start(lease, NULL);
    else if (repolock_release(lease) != REPOLOCK_OK)
      note(crowd, &crowd->odd_statuses);
    repolock_lease_free(lease);
  }
  /* Told before its handle goes, or it would be silent. */
  if (way == 4) {
    repolock_op_t *after = NULL;
    repolock_diagnose_start(client, &after);
    repolock_op_wait(after, -1);
    repolock_op_free(after);
  }
  repolock_op_free(op);
  repolock_request_free(request);
  return status;
}

static void *crowd_in(void *data) {
  struct crowd *crowd = data;
  pthread_mutex_lock(&crowd->mutex);
  unsigned random = 12345u + 7919u * (unsigned)crowd->next++;
  pthread_mutex_unlock(&crowd->mutex);
  int asked_to_be_told = 0;
  for (int round = 0; round < ROUNDS; ++round) {
    random = random * 1664525u + 1013904223u;
    if (!is_expected(want(crowd, random >> 8, &asked_to_be_told)))
      note(crowd, &crowd->odd_statuses);
  }
  pthread_mutex_lock(&crowd->mutex);
  crowd->told -= asked_to_be_told;
  pthread_mutex_unlock(&crowd->mutex);
  return NULL;
}

static void nobody_meets_anybody_inside(void **state) {
  static struct crowd crowd;
  pthread_t threads[MANY];
  memset(&crowd, 0, sizeof crowd);
  pthread_mutex_init(&crowd.mutex, NULL);
  for (int i = 0; i < 2; ++i) crowd.clients[i] = open_client(*state);
  for (int i = 0; i < MANY; ++i)
    assert_int_equal(pthread_create(&threads[i], NULL, crowd_in, &crowd), 0);
  for (int i = 0; i < MANY; ++i) pthread_join(threads[i], NULL);
  assert_int_equal(crowd.overlaps, 0);
  assert_int_equal(crowd.back_fences, 0);
  assert_int_equal(crowd.odd_statuses, 0);
  assert_int_equal(crowd.told, 0); /* each that asked was told, once */
  for (int i = 0; i < REPOS; ++i)
    assert_true(crowd.repositories[i].visits == crowd.visits[i] && crowd.visits[i] > 0);
  for (int i = 0; i < 2; ++i) {
    assert_status(repolock_shutdown(crowd.clients[i], 5000), REPOLOCK_OK);
    assert_true(stat_of(crowd.clients[i], "locks_held") == 0);
    assert_true(stat_of(crowd.clients[i], "waiters") == 0);
    assert_true(stat_of(crowd.clients[i], "lost_shutdown") == 0); /* none leaked */
    repolock_client_free(crowd.clients[i]);
  }
  pthread_mutex_destroy(&crowd.mutex);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_EACH(all_releases_return_the_same),
      ON_EACH(one_of_many_takes_the_lease),
      ON_EACH(no_signal_ends_a_wait),
      ON_EACH(nobody_meets_anybody_inside),
  };
  return RUN(tests);
}
