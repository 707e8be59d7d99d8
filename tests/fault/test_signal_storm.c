/* A thousand signals a second, whose handler restarts no system call, come to all threads of the host
 * that take them: every call works as without, and none comes back before its time. */
#include "api/redis_place.h"
#include "every_call.h"

#include <signal.h>
#include <time.h>

static int signals_taken;

static void take_signal(int number) {
  (void)number;
  __atomic_add_fetch(&signals_taken, 1, __ATOMIC_SEQ_CST);
}

static timer_t begin_storm(void) {
  struct sigaction action;
  struct sigevent event;
  struct itimerspec often;
  timer_t timer;
  memset(&action, 0, sizeof action);
  memset(&event, 0, sizeof event);
  memset(&often, 0, sizeof often);
  action.sa_handler = take_signal;
  assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGUSR1;
  assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
  often.it_value.tv_nsec = often.it_interval.tv_nsec = 1000000;
  assert_int_equal(timer_settime(timer, 0, &often, NULL), 0);
  return timer;
}

struct neighbour {
  repolock_client_t *client;
  bool stop;
  int violations;
};

static bool is_to_stop(const struct neighbour *neighbour) {
  return __atomic_load_n(&neighbour->stop, __ATOMIC_SEQ_CST);
}

/* Another thread of the host: it waits in every way there is. */
static void *wait_and_wait(void *data) {
  struct neighbour *neighbour = data;
  repolock_client_t *client = neighbour->client;
  repolock_lease_t *held = lock(client, "g/h");
  repolock_request_t *request = new_request(1000, 5);
  while (!is_to_stop(neighbour)) {
    repolock_op_t *op = start_lock(client, "g/h", NULL);
    repolock_lease_t *lease = NULL;
    repolock_event_t *event = NULL;
    if (repolock_op_wait(op, 5) != REPOLOCK_E_PENDING) ++neighbour->violations;
    if (repolock_event_next(client, 5, &event) != REPOLOCK_E_PENDING) ++neighbour->violations;
    if (repolock_acquire(client, NAME("g/h"), request, &lease, NULL, 0) != REPOLOCK_E_TIMEOUT)
      ++neighbour->violations;
    if (repolock_extend(held, 1000) != REPOLOCK_OK) ++neighbour->violations;
    repolock_op_free(op);
  }
  repolock_request_free(request);
  unlock(held);
  return NULL;
}

static void every_call_works(void **state) {
  struct row row = begin_row(
      is_redis(*state) ? "EINTR, 1,000 signals a second, redis:" : "EINTR, 1,000 signals a second",
      is_redis(*state) ? 3 : 10);
  struct neighbour neighbour = {open_client(*state), false, 0};
  pthread_t thread;
  int calls_made = 0;
  __atomic_store_n(&signals_taken, 0, __ATOMIC_SEQ_CST);
  const timer_t storm = begin_storm();
  assert_int_equal(pthread_create(&thread, NULL, wait_and_wait, &neighbour), 0);
  while (again(&row)) {
    for (size_t i = 0; i < CALLS; ++i) {
      struct world world;
      enter_world(&world, *state, &calls[i], 60000);
      calls[i].make(&world);
      for (int k = 0; k < world.answered; ++k)
        if (!MUST(&row, world.answers[k] == REPOLOCK_OK))
          fprintf(stderr, "  ^ %s answers %s\n", calls[i].name,
                  repolock_status_name(world.answers[k]));
      leave_world(&row, &world);
      ++calls_made;
    }
  }
  __atomic_store_n(&neighbour.stop, true, __ATOMIC_SEQ_CST);
  pthread_join(thread, NULL);
  timer_delete(storm);
  close_client(neighbour.client);
  MUST(&row, neighbour.violations == 0);
  assert_true(end_row(&row, "%d situations, %d signals", calls_made,
                      __atomic_load_n(&signals_taken, __ATOMIC_SEQ_CST)));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_OWN_STORE(every_call_works),
      ON_FILE(every_call_works),
      ON_REDIS(every_call_works),
  };
  return RUN(tests);
}
