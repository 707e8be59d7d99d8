/* The k-th descriptor cannot be opened, for every k until all can: each call works or says
 * E_UNAVAILABLE, the client is of use afterwards, no lock stays held, and every descriptor comes
 * back. Also for the very first client of a process, where libuv takes some of its own. */
#include "api/child.h"
#include "every_call.h"
#include "left_on_server.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>

static int open_descriptors(void) {
  int count = -3; /* its own, and two that are no descriptors */
  DIR *directory = opendir("/proc/self/fd");
  if (directory == NULL) return -1;
  while (readdir(directory) != NULL) ++count;
  closedir(directory);
  return count;
}

/* From here on only so many can be opened. */
static void leave_descriptors(int count) {
  struct rlimit limit;
  int next = 0;
  for (; count >= 0; ++next)
    if (fcntl(next, F_GETFD) < 0) --count;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = (rlim_t)next - 1;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static void allow_descriptors(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max < 1024 ? limit.rlim_max : 1024;
  setrlimit(RLIMIT_NOFILE, &limit);
}

enum {
  ENOUGH = 24,
  WAIT_MS = 20 /* an acquisition goes on trying for so long */
};

/* On a busy machine it may not get it in time. */
static bool is_want_of_descriptors(repolock_status_t status) {
  return status == REPOLOCK_OK || status == REPOLOCK_E_UNAVAILABLE || status == REPOLOCK_E_TIMEOUT;
}

/* Whether every call worked. */
static bool run_short(struct row *row, const struct place *place, const struct call *call,
                      int left) {
  const int descriptors = open_descriptors();
  const uint64_t violations = row->violations;
  struct world world;
  ++row->runs;
  enter_world(&world, place, call, WAIT_MS);
  leave_descriptors(left);
  call->make(&world);
  allow_descriptors();
  bool all_worked = true;
  for (int i = 0; i < world.answered; ++i) {
    MUST(row, is_want_of_descriptors(world.answers[i]));
    all_worked = all_worked && world.answers[i] == REPOLOCK_OK;
  }
  leave_world(row, &world);
  MUST(row, open_descriptors() == descriptors);
  if (row->violations != violations)
    fprintf(stderr, "  ^ with %d descriptors left, in %s\n", left, call->name);
  return all_worked;
}

static void every_call_says_so(void **state) {
  const struct place *place = *state;
  struct row row = {is_redis(place) ? "the k-th descriptor cannot be opened, redis:"
                                    : "the k-th descriptor cannot be opened",
                    0, 0, 0};
  int most = 0;
  for (size_t i = 0; i < CALLS; ++i) {
    alarm(HANG_SECONDS);
    struct world world;
    enter_world(&world, place, &calls[i], WAIT_MS);
    calls[i].make(&world);
    leave_world(&row, &world);
    int left = 0;
    while (left < ENOUGH && !run_short(&row, place, &calls[i], left)) ++left;
    if (left > most) most = left;
  }
  assert_true(most < ENOUGH);
  if (is_redis(place)) MUST(&row, nothing_is_left(place));
  assert_true(end_row(&row, "%d situations, at most %d descriptors wanted", CALLS, most));
}

/* ---- The first client of a process ----------------------------------------------------------- */

struct shortage {
  const struct place *place;
  int left;
};

static void open_the_first(void *data) {
  const struct shortage *shortage = data;
  repolock_client_t *client = NULL;
  repolock_lease_t *lease = NULL;
  repolock_config_t *config = repolock_config_new();
  CHILD_CHECK(repolock_config_set(config, "backend", shortage->place->url, NULL, 0) == REPOLOCK_OK);
  CHILD_CHECK(repolock_config_set(config, "wait_ms", "20", NULL, 0) == REPOLOCK_OK);
  leave_descriptors(shortage->left);
  const repolock_status_t opened = repolock_client_open(config, &client, NULL, 0);
  CHILD_CHECK(is_want_of_descriptors(opened));
  if (opened == REPOLOCK_OK) {
    const repolock_status_t status = repolock_acquire(client, NAME("a/b"), NULL, &lease, NULL, 0);
    CHILD_CHECK(is_want_of_descriptors(status));
    repolock_lease_free(lease);
    CHILD_CHECK(repolock_shutdown(client, 0) == REPOLOCK_OK);
    repolock_client_free(client);
  }
  allow_descriptors();
  client = NULL;
  CHILD_CHECK(repolock_config_set(config, "wait_ms", "-1", NULL, 0) == REPOLOCK_OK);
  CHILD_CHECK(repolock_client_open(config, &client, NULL, 0) == REPOLOCK_OK);
  CHILD_CHECK(repolock_acquire(client, NAME("c/d"), NULL, &lease, NULL, 0) == REPOLOCK_OK);
  CHILD_CHECK(repolock_release(lease) == REPOLOCK_OK);
  CHILD_CHECK(repolock_shutdown(client, 0) == REPOLOCK_OK);
}

/* Must run before this process has a client. */
static void the_first_client_of_a_process(void **state) {
  struct row row = begin_row("no descriptor for the first client", ENOUGH);
  while (again(&row)) {
    struct shortage shortage = {*state, (int)((row.runs - 1) % ENOUGH)};
    in_child(open_the_first, &shortage);
  }
  assert_true(end_row(&row, "0 to %d descriptors left", ENOUGH - 1));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_BOTH(the_first_client_of_a_process), ON_REDIS(the_first_client_of_a_process),
      ON_OWN_STORE(every_call_says_so),       ON_FILE(every_call_says_so),
      ON_REDIS(every_call_says_so),
  };
  return RUN(tests);
}
