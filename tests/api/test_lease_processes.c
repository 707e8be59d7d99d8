/* A lease and processes: one that was stopped, one that was killed, one that it is handed to. */
#include "api.h"
#include "child.h"

struct scene {
  const struct place *place;
  struct gate holds, go_on;
};

static void hold_and_look(void *data) {
  struct scene *scene = data;
  repolock_client_t *client = open_client(scene->place);
  repolock_lease_t *lease = lock_for(client, "a/b", 300);
  open_gate(&scene->holds);
  await_gate(&scene->go_on); /* stopped in here, for longer than the ttl */
  const repolock_status_t first = repolock_lease_status(lease);
  if (is_file(scene->place)) {
    CHILD_CHECK(first == REPOLOCK_OK);
    CHILD_CHECK(repolock_release(lease) == REPOLOCK_OK);
    return;
  }
  CHILD_CHECK(first == REPOLOCK_E_LOST);
  CHILD_CHECK(repolock_lease_remaining_ms(lease) == 0);
  CHILD_CHECK(repolock_lease_message(lease)[0] != '\0');
  CHILD_CHECK(repolock_release(lease) == REPOLOCK_E_LOST);
}

/* A clock ran out while it slept: the first call that asks says so, before any timer has run. */
static void after_a_pause_the_first_call_knows(void **state) {
  struct scene scene = {*state, new_gate(), new_gate()};
  const pid_t child = start_child(hold_and_look, &scene);
  await_gate(&scene.holds);
  int stopped = 0;
  assert_int_equal(kill(child, SIGSTOP), 0);
  assert_int_equal(waitpid(child, &stopped, WUNTRACED), child);
  assert_true(WIFSTOPPED(stopped));
  usleep(400000);
  open_gate(&scene.go_on);
  assert_int_equal(kill(child, SIGCONT), 0);
  assert_child_is_well(child);
  free_gate(&scene.holds);
  free_gate(&scene.go_on);
}

static void hold_until_killed(void *data) {
  struct scene *scene = data;
  lock(open_client(scene->place), "a/b");
  open_gate(&scene->holds);
  for (;;) pause();
}

static void a_crash_frees_it(void **state) {
  struct scene scene = {*state, new_gate(), new_gate()};
  const pid_t child = start_child(hold_until_killed, &scene);
  await_gate(&scene.holds);
  repolock_client_t *client = open_client(*state);
  assert_false(is_free(client, "a/b"));
  kill_child(child);
  repolock_lease_t *lease = lock(client, "a/b");
  assert_int_equal(repolock_lease_previous(lease), REPOLOCK_PREVIOUS_CRASHED);
  unlock(lease);
  close_client(client);
  free_gate(&scene.holds);
  free_gate(&scene.go_on);
}

/* The worker hands its lock to a child of its own, as a git that is to outlive it. */
static void hand_on_until_killed(void *data) {
  struct scene *scene = data;
  repolock_lease_t *lease = lock(open_client(scene->place), "a/b");
  const int fd = repolock_lease_inherit_fd(lease);
  CHILD_CHECK(fd >= 0);
  if (fork() == 0) {
    open_gate(&scene->holds);
    await_gate(&scene->go_on);
    _exit(0);
  }
  for (;;) pause();
}

static void a_child_with_the_descriptor_keeps_it(void **state) {
  struct scene scene = {*state, new_gate(), new_gate()};
  const pid_t child = start_child(hand_on_until_killed, &scene);
  await_gate(&scene.holds);
  repolock_client_t *client = open_client(*state);
  kill_child(child);
  assert_false(is_free(client, "a/b"));
  open_gate(&scene.go_on);
  unlock(lock(client, "a/b"));
  close_client(client);
  free_gate(&scene.holds);
  free_gate(&scene.go_on);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(after_a_pause_the_first_call_knows),
      ON_FILE(a_crash_frees_it),
      ON_FILE(a_child_with_the_descriptor_keeps_it),
  };
  return RUN(tests);
}
