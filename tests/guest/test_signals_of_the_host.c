/* A host and its signals: one that blocks them all, and one that handles them all. The library's
 * threads take none, so a signal waits for the host's own thread, or comes to it at once. */
#include "guest.h"

#include <sys/syscall.h>

static int taken, taken_elsewhere;
static pid_t own_thread;

static void take_signal(int number) {
  (void)number;
  __atomic_add_fetch(&taken, 1, __ATOMIC_SEQ_CST);
  if ((pid_t)syscall(SYS_gettid) != own_thread)
    __atomic_add_fetch(&taken_elsewhere, 1, __ATOMIC_SEQ_CST);
}

static void one_that_blocks_all_signals(void **state) {
  const struct place *place = *state;
  sigset_t all, before, pending;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = take_signal;
  sigfillset(&all);
  own_thread = (pid_t)syscall(SYS_gettid);
  taken = taken_elsewhere = 0;
  assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
  assert_int_equal(pthread_sigmask(SIG_SETMASK, &all, &before), 0);
  const struct guest guest = invite();
  work(&guest, place->url);
  await_solitude();
  const struct house house = look_around();
  repolock_client_t *client = open_as_guest(&guest, place->url);
  kill(getpid(), SIGUSR1);
  work(&guest, place->url);
  guest.shutdown(client, 0);
  guest.client_free(client);
  assert_int_equal(sigpending(&pending), 0);
  assert_int_equal(sigismember(&pending, SIGUSR1), 1);
  assert_int_equal(__atomic_load_n(&taken, __ATOMIC_SEQ_CST), 0);
  assert_as_it_was(&house);
  assert_int_equal(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
  assert_int_equal(__atomic_load_n(&taken, __ATOMIC_SEQ_CST), 1);
  assert_int_equal(taken_elsewhere, 0);
  signal(SIGUSR1, SIG_DFL);
}

static void one_that_handles_all_signals(void **state) {
  const struct place *place = *state;
  struct sigaction action, before[32];
  memset(&action, 0, sizeof action);
  action.sa_handler = take_signal;
  own_thread = (pid_t)syscall(SYS_gettid);
  taken = taken_elsewhere = 0;
  for (int number = 1; number < 32; ++number) sigaction(number, NULL, &before[number]);
  for (int number = 1; number < 32; ++number)
    if (number != SIGKILL && number != SIGSTOP && number != SIGALRM && number != SIGSEGV)
      assert_int_equal(sigaction(number, &action, NULL), 0);
  const struct guest guest = invite();
  work(&guest, place->url);
  await_solitude();
  const struct house house = look_around();
  const int numbers[] = {SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGPIPE, SIGTSTP};
  for (int sent = 0; sent < 80; ++sent) {
    repolock_client_t *client = open_as_guest(&guest, place->url);
    kill(getpid(), numbers[sent % 8]);
    repolock_lease_t *lease = lock_as_guest(&guest, client, "a/b");
    assert_int_equal(guest.release(lease), REPOLOCK_OK);
    guest.lease_free(lease);
    guest.shutdown(client, 0);
    guest.client_free(client);
  }
  assert_as_it_was(&house);
  for (int number = 1; number < 32; ++number) sigaction(number, &before[number], NULL);
  assert_int_equal(taken, 80);
  assert_int_equal(taken_elsewhere, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(one_that_blocks_all_signals),
      ON_BOTH(one_that_handles_all_signals),
  };
  return RUN(tests);
}
