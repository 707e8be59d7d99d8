/* What a child with a lease's descriptor keeps alive: that lease, and no other. */
#include "api.h"
#include "child.h"

struct scene {
  struct place *place;
  struct gate holds;
  struct gate go_on;
};

static struct scene new_scene(void **state) {
  struct scene scene = {*state, new_gate(), new_gate()};
  return scene;
}

static void free_scene(struct scene *scene) {
  free_gate(&scene->holds);
  free_gate(&scene->go_on);
}

/* A child that has the descriptors it is given and outlives its parent, as a daemon of git does. */
static void leave_an_orphan(struct scene *scene) {
  if (fork() != 0) return;
  await_gate(&scene->go_on);
  _exit(0);
}

/* The orphan was of a lease that was released; the next one must not depend on it. */
static void lease_again_until_killed(void *data) {
  struct scene *scene = data;
  repolock_client_t *client = open_client(scene->place);
  repolock_lease_t *first = lock(client, "a/b");
  CHILD_CHECK(repolock_lease_inherit_fd(first) >= 0);
  leave_an_orphan(scene);
  unlock(first);
  lock(client, "a/b");
  open_gate(&scene->holds);
  for (;;) pause();
}

static void an_orphan_of_an_earlier_lease_keeps_nothing(void **state) {
  struct scene scene = new_scene(state);
  const pid_t child = start_child(lease_again_until_killed, &scene);
  await_gate(&scene.holds);
  repolock_client_t *client = open_client(*state);
  kill_child(child);
  unlock(lock(client, "a/b")); /* while the orphan lives */
  open_gate(&scene.go_on);
  close_client(client);
  free_scene(&scene);
}

static void hold_two_until_killed(void *data) {
  struct scene *scene = data;
  repolock_request_t *request = repolock_request_new();
  repolock_lease_t *lease = NULL;
  repolock_request_add_repo(request, "a/a", 3);
  CHILD_CHECK(repolock_acquire(open_client(scene->place), "b/b", 3, request, &lease, NULL, 0) ==
              REPOLOCK_OK);
  CHILD_CHECK(repolock_lease_inherit_fd_at(lease, 0) >= 0); /* b/b */
  CHILD_CHECK(repolock_lease_inherit_fd_at(lease, 2) == -1);
  leave_an_orphan(scene);
  open_gate(&scene->holds);
  for (;;) pause();
}

static void each_of_several_names_has_its_own(void **state) {
  struct scene scene = new_scene(state);
  const pid_t child = start_child(hold_two_until_killed, &scene);
  await_gate(&scene.holds);
  repolock_client_t *client = open_client(*state);
  kill_child(child);
  unlock(lock(client, "a/a")); /* its descriptor was not handed out */
  assert_false(is_free(client, "b/b"));
  open_gate(&scene.go_on);
  unlock(lock(client, "b/b"));
  close_client(client);
  free_scene(&scene);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_FILE(an_orphan_of_an_earlier_lease_keeps_nothing),
      ON_FILE(each_of_several_names_has_its_own),
  };
  return RUN(tests);
}
