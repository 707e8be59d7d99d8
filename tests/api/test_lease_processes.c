/* A lease and processes: one that was killed, one that it is handed to. */
#include "api.h"
#include "child.h"

struct scene {
  const struct place *place;
  struct gate holds, go_on;
};

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
      ON_FILE(a_crash_frees_it),
      ON_FILE(a_child_with_the_descriptor_keeps_it),
  };
  return RUN(tests);
}
