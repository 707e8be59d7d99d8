/* pairs.c URL NAMES MS - NAMES names in flight over one client, each taken and released over and over,
 * all from its callbacks: pairs a second, and the processor time of one. */
#include "bench.h"

#include <stdatomic.h>
#include <unistd.h>

typedef struct {
  char name[32];
  repolock_op_t *op;
} loop_t;

static struct {
  repolock_client_t *client;
  repolock_request_t *request;
  atomic_int stop, running;
  atomic_long pairs;
} bench;

static void take(loop_t *loop);

static void released(const repolock_event_t *event, void *data) {
  loop_t *loop = data;
  need(repolock_event_status(event) == REPOLOCK_OK, "release", repolock_event_message(event));
  repolock_op_free(loop->op);
  atomic_fetch_add(&bench.pairs, 1);
  if (atomic_load(&bench.stop))
    atomic_fetch_sub(&bench.running, 1);
  else
    take(loop);
}

static void taken(const repolock_event_t *event, void *data) {
  loop_t *loop = data;
  repolock_lease_t *lease = NULL;
  need(repolock_event_status(event) == REPOLOCK_OK, loop->name, repolock_event_message(event));
  repolock_op_take_lease(loop->op, &lease);
  repolock_op_free(loop->op);
  repolock_release_start(lease, &loop->op);
  repolock_op_on_done(loop->op, released, loop, NULL);
  repolock_lease_free(lease);
}

static void take(loop_t *loop) {
  need(repolock_acquire_start(bench.client, loop->name, strlen(loop->name), bench.request,
                              &loop->op) == REPOLOCK_OK,
       loop->name, "acquire");
  repolock_op_on_done(loop->op, taken, loop, NULL);
}

int main(int argc, char **argv) {
  need(argc == 4, "usage", "pairs URL NAMES MS");
  const int names = atoi(argv[2]);
  loop_t *loops = calloc((size_t)names, sizeof *loops);
  bench.client = open_client(argv[1]);
  bench.request = repolock_request_new();
  unlock_name(lock_name(bench.client, "bench/warm"));

  const double used = processor_us();
  const int64_t begin = now_ns();
  atomic_store(&bench.running, names);
  for (int i = 0; i < names; ++i) {
    snprintf(loops[i].name, sizeof loops[i].name, "bench/pairs-%d", i);
    take(&loops[i]);
  }
  usleep((useconds_t)atoi(argv[3]) * 1000);
  atomic_store(&bench.stop, 1);
  while (atomic_load(&bench.running) > 0) usleep(1000);
  const double seconds = (double)(now_ns() - begin) / 1e9;
  const double pairs = (double)atomic_load(&bench.pairs);
  printf("{\"pairs\": %.0f, \"seconds\": %.3f, \"client_cpu_us\": %.2f}\n", pairs, seconds,
         (processor_us() - used) / pairs);
  repolock_shutdown(bench.client, 1000);
  repolock_client_free(bench.client);
  repolock_request_free(bench.request);
  free(loops);
  return 0;
}
