/* The n-th allocation fails, for every n, under every call of the header and on the library's own
 * thread: the call works or says E_NOMEM, the client is of use or says why not, nothing is told
 * twice or never, no lock stays held, and every block and descriptor comes back. */
#include "every_call.h"
#include "left_on_server.h"
#include "support/own_allocator.h"

#include <dirent.h>
#include <sys/resource.h>

static int open_descriptors(void) {
  int count = -3; /* its own, and two that are no descriptors */
  DIR *directory = opendir("/proc/self/fd");
  assert_non_null(directory);
  while (readdir(directory) != NULL) ++count;
  closedir(directory);
  return count;
}

static bool is_want_of_memory(repolock_status_t status) {
  switch (status) {
    case REPOLOCK_OK:
    case REPOLOCK_E_NOMEM:
    case REPOLOCK_E_SHUTDOWN:    /* the client has ended for want of it */
    case REPOLOCK_E_LOST:        /* and what it held is lost */
    case REPOLOCK_E_UNKNOWN:     /* a release without an answer */
    case REPOLOCK_E_UNAVAILABLE: /* no thread to be had */
      return true;
    default:
      return false;
  }
}

/* Whether there was an nth allocation. */
static bool run_short(struct row *row, const struct place *place, const struct call *call,
                      int64_t nth, bool all_from_there) {
  const int64_t blocks = blocks_alive();
  const int descriptors = open_descriptors();
  const uint64_t violations = row->violations;
  struct world world;
  ++row->runs;
  alarm(HANG_SECONDS);
  enter_world(&world, place, call, 60000);
  fail_allocation(nth, all_from_there);
  call->make(&world);
  const bool has_failed = stop_failing();
  for (int i = 0; i < world.answered; ++i) MUST(row, is_want_of_memory(world.answers[i]));
  leave_world(row, &world);
  MUST(row, blocks_alive() == blocks);
  MUST(row, open_descriptors() == descriptors);
  if (row->violations != violations)
    fprintf(stderr, "  ^ %s allocation %lld of %s\n", all_from_there ? "from" : "with",
            (long long)nth, call->name);
  return has_failed;
}

/* A server takes its time: there it is each n of some, and other ones with each seed. */
static int64_t stride_of(const struct place *place) {
  const int64_t most = 60, times = (int64_t)begin_row("", 1).planned;
  if (!is_redis(place)) return 1;
  return times < most ? most / times : 1;
}

static void sweep(void **state, const char *fault, bool all_from_there) {
  const struct place *place = *state;
  struct row row = {fault, 0, 0, 0};
  const int64_t stride = stride_of(place), first = fault_seed() % stride + 1;
  uint64_t short_runs = 0;
  for (size_t i = 0; i < CALLS; ++i) {
    /* Once without: what is made once for all is there then, and every call works. */
    for (int warm = 0; warm < 2; ++warm) {
      struct world world;
      enter_world(&world, place, &calls[i], 60000);
      calls[i].make(&world);
      for (int k = 0; k < world.answered; ++k) assert_status(world.answers[k], REPOLOCK_OK);
      leave_world(&row, &world);
    }
    for (int64_t nth = first; run_short(&row, place, &calls[i], nth, all_from_there); nth += stride)
      ++short_runs;
  }
  assert_true(short_runs > CALLS);
  if (is_redis(place)) MUST(&row, nothing_is_left(place));
  assert_true(end_row(&row, "%d situations", CALLS));
}

static void one_allocation_fails(void **state) {
  sweep(state, is_redis(*state) ? "the n-th allocation fails, redis:" : "the n-th allocation fails",
        false);
}

static void all_allocations_fail_from_there(void **state) {
  sweep(state,
        is_redis(*state) ? "all allocations fail from the n-th, redis:"
                         : "all allocations fail from the n-th",
        true);
}

/* From now on a new thread asks for a stack that no earlier one has left behind. */
static void want_large_stacks(void) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  assert_int_equal(pthread_attr_setstacksize(&attributes, (size_t)1 << 30), 0);
  assert_int_equal(pthread_setattr_default_np(&attributes), 0);
  pthread_attr_destroy(&attributes);
}

/* A client without its thread is none, and leaves nothing behind. */
static void no_thread_is_to_be_had(void **state) {
  const struct place *place = *state;
  struct row row = begin_row("no thread to be had", 50);
  close_client(open_client(place));
  repolock_config_t *config = repolock_config_new();
  assert_status(repolock_config_set(config, "backend", place->url, NULL, 0), REPOLOCK_OK);
  while (threads_of_this_process() > 1) usleep(500);
  want_large_stacks();
  struct rlimit room, none;
  getrlimit(RLIMIT_AS, &room);
  none = room;
  none.rlim_cur = 1;
  const int64_t blocks = blocks_alive();
  const int descriptors = open_descriptors();
  while (again(&row)) {
    char err[REPOLOCK_ERR_SIZE] = "";
    repolock_client_t *client = NULL;
    setrlimit(RLIMIT_AS, &none);
    const repolock_status_t status = repolock_client_open(config, &client, err, sizeof err);
    setrlimit(RLIMIT_AS, &room);
    MUST(&row, status == REPOLOCK_E_UNAVAILABLE);
    MUST(&row, client == NULL && err[0] != '\0');
    MUST(&row, blocks_alive() == blocks);
    MUST(&row, open_descriptors() == descriptors);
  }
  repolock_config_free(config);
  assert_true(end_row(&row, "E_UNAVAILABLE each time"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_OWN_STORE(one_allocation_fails),       ON_FILE(one_allocation_fails),
      ON_REDIS(one_allocation_fails),           ON_OWN_STORE(all_allocations_fail_from_there),
      ON_FILE(all_allocations_fail_from_there), ON_REDIS(all_allocations_fail_from_there),
      ON_FILE(no_thread_is_to_be_had),
  };
  return RUN(tests);
}
