/* A host and its children: one that ignores SIGCHLD and hands a lease's descriptor to a child, and one
 * that forks workers before and after it has a client. */
#include "api/child.h"
#include "guest.h"

#include <fcntl.h>
#include <sys/mman.h>

/* ---- SIGCHLD ignored -------------------------------------------------------------------------- */

struct family {
  const char *url;
  struct gate held, end;
};

/* Locks, gives the descriptor to a program, and dies without a word. */
static void hold_with_a_child(void *data) {
  struct family *family = data;
  signal(SIGCHLD, SIG_IGN);
  const struct guest guest = invite();
  repolock_client_t *client = open_as_guest(&guest, family->url);
  repolock_lease_t *lease = lock_as_guest(&guest, client, "a/b");
  const int fd = guest.lease_inherit_fd(lease);
  CHILD_CHECK(fd >= 0);
  const pid_t child = fork();
  if (child == 0) {
    fcntl(fd, F_SETFD, 0);
    dup2(family->end.ends[0], STDIN_FILENO);
    dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
    close(family->end.ends[1]);
    execlp("head", "head", "-c1", (char *)NULL);
    _exit(127);
  }
  CHILD_CHECK(child > 0);
  struct sigaction action;
  sigaction(SIGCHLD, NULL, &action);
  CHILD_CHECK(action.sa_handler == SIG_IGN);
  open_gate(&family->held);
  kill(getpid(), SIGKILL);
}

static void a_child_keeps_the_lock_of_one_that_ignores_children(void **state) {
  const struct place *place = *state;
  struct family family = {place->url, new_gate(), new_gate()};
  int ended = 0;
  signal(SIGCHLD, SIG_IGN);
  const struct guest guest = invite();
  repolock_request_t *try_once = guest.request_new();
  guest.request_set_wait(try_once, 0);
  for (int round = 0; round < 5; ++round) {
    signal(SIGCHLD, SIG_DFL);
    const pid_t holder = start_child(hold_with_a_child, &family);
    await_gate(&family.held);
    assert_int_equal(waitpid(holder, &ended, 0), holder);
    signal(SIGCHLD, SIG_IGN);
    repolock_client_t *client = open_as_guest(&guest, place->url);
    repolock_lease_t *lease = NULL;
    assert_int_equal(guest.acquire(client, "a/b", 3, try_once, &lease, NULL, 0), REPOLOCK_E_HELD);
    open_gate(&family.end);
    lease = lock_as_guest(&guest, client, "a/b");
    assert_int_equal(guest.release(lease), REPOLOCK_OK);
    guest.lease_free(lease);
    assert_int_equal(guest.shutdown(client, 0), REPOLOCK_OK);
    guest.client_free(client);
  }
  guest.request_free(try_once);
  struct sigaction action;
  sigaction(SIGCHLD, NULL, &action);
  assert_true(action.sa_handler == SIG_IGN);
  signal(SIGCHLD, SIG_DFL);
  free_gate(&family.held);
  free_gate(&family.end);
}

/* ---- Workers, before and after ---------------------------------------------------------------- */

enum {
  WORKERS = 4,
  VISITS = 25
};

struct workshop {
  const struct guest *guest;
  const char *url;
  volatile int64_t *count; /* guarded by the lock alone */
};

static void visit(const struct workshop *shop, repolock_client_t *client) {
  for (int i = 0; i < VISITS; ++i) {
    repolock_lease_t *lease = lock_as_guest(shop->guest, client, "a/b");
    const int64_t before = *shop->count;
    sched_yield();
    *shop->count = before + 1; /* a second one in here would lose this */
    shop->guest->release(lease);
    shop->guest->lease_free(lease);
  }
}

static void do_a_workers_job(void *data) {
  const struct workshop *shop = data;
  repolock_client_t *client = open_as_guest(shop->guest, shop->url);
  visit(shop, client);
  CHILD_CHECK(shop->guest->shutdown(client, 0) == REPOLOCK_OK);
  shop->guest->client_free(client);
}

static void workers_are_forked_before_and_after(void **state) {
  const struct place *place = *state;
  const struct guest guest = invite();
  struct workshop shop = {&guest, place->url, NULL};
  shop.count = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  assert_true(shop.count != MAP_FAILED);
  work(&guest, place->url);
  await_solitude();
  const struct house before = look_around();
  pid_t workers[2 * WORKERS];
  for (int i = 0; i < WORKERS; ++i) workers[i] = start_child(do_a_workers_job, &shop);
  repolock_client_t *client = open_as_guest(&guest, place->url);
  visit(&shop, client);
  for (int i = WORKERS; i < 2 * WORKERS; ++i) workers[i] = start_child(do_a_workers_job, &shop);
  visit(&shop, client);
  for (int i = 0; i < 2 * WORKERS; ++i) assert_child_is_well(workers[i]);
  assert_int_equal(guest.shutdown(client, 0), REPOLOCK_OK);
  guest.client_free(client);
  assert_true(*shop.count == (int64_t)(2 * WORKERS + 2) * VISITS);
  assert_as_it_was(&before);
  munmap((void *)shop.count, 4096);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_FILE(a_child_keeps_the_lock_of_one_that_ignores_children),
      ON_FILE(workers_are_forked_before_and_after),
  };
  return RUN(tests);
}
