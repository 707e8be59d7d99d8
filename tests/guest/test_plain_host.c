/* A plain host: nothing of its own is changed, nothing is written, the first client leaves no more
 * behind than libuv's one pipe, and the library may be loaded and let go again and again while the
 * host's own threads are busy. */
#include "guest.h"

static void everything_is_where_it_was(void **state) {
  const struct place *place = *state;
  const struct house empty = look_around();
  struct guest guest = invite();
  struct walls walls = whitewash();
  work(&guest, place->url);
  await_solitude();
  assert_clean(&walls);
  const struct house before = look_around();
  int more = 0;
  for (int fd = 0; fd < MOST_DESCRIPTORS; ++fd) {
    if (strcmp(before.descriptors[fd], empty.descriptors[fd]) == 0) continue;
    ++more;
    assert_int_equal(strncmp(before.descriptors[fd], "pipe:", 5), 0);
  }
  assert_true(more == 0 || more == 2);

  setenv("REPOLOCK_URL", "file:///nowhere", 1); /* not the library's business */
  assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
  umask(0137);
  const struct house changed = look_around();
  for (int day = 0; day < 20; ++day) work(&guest, place->url);
  assert_as_it_was(&changed);
  umask(empty.umask);
  setlocale(LC_ALL, "C");
  unsetenv("REPOLOCK_URL");
  dlclose(guest.handle);
}

/* ---- Loaded again and again -------------------------------------------------------------------- */

struct bustle {
  bool stop;
};

static void *come_and_go(void *data) {
  return data;
}

/* Threads of the host come and go, and allocate. */
static void *be_busy(void *data) {
  struct bustle *bustle = data;
  while (!__atomic_load_n(&bustle->stop, __ATOMIC_SEQ_CST)) {
    pthread_t thread;
    void *block = malloc(4096);
    if (pthread_create(&thread, NULL, come_and_go, block) == 0) pthread_join(thread, NULL);
    free(block);
  }
  return NULL;
}

static void loaded_and_let_go_again_and_again(void **state) {
  const struct place *place = *state;
  struct bustle bustle = {false};
  pthread_t threads[2];
  const struct guest first = invite();
  work(&first, place->url);
  dlclose(first.handle);
  await_solitude();
  const struct house before = look_around();
  for (int i = 0; i < 2; ++i) pthread_create(&threads[i], NULL, be_busy, &bustle);
  for (int round = 0; round < 100; ++round) {
    const struct guest guest = invite();
    if (round % 2 == 0) {
      work(&guest, place->url);
      dlclose(guest.handle);
      continue;
    }
    /* Let go while a client's thread is still at work: its code must not be gone. */
    repolock_client_t *client = open_as_guest(&guest, place->url);
    repolock_lease_t *lease = lock_as_guest(&guest, client, "a/b");
    dlclose(guest.handle);
    assert_int_equal(guest.release(lease), REPOLOCK_OK);
    guest.lease_free(lease);
    guest.client_free(client);
  }
  __atomic_store_n(&bustle.stop, true, __ATOMIC_SEQ_CST);
  for (int i = 0; i < 2; ++i) pthread_join(threads[i], NULL);
  assert_as_it_was(&before);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(everything_is_where_it_was),
      ON_BOTH(loaded_and_let_go_again_and_again),
  };
  return RUN(tests);
}
