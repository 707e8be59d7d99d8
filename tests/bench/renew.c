/* renew.c URL LEASES MS - takes so many leases, says "held", and then only keeps them for that long. */
#include "bench.h"

#include <unistd.h>

int main(int argc, char **argv) {
  need(argc == 4, "usage", "renew URL LEASES MS");
  const int count = atoi(argv[2]);
  repolock_client_t *client = open_client(argv[1]);
  repolock_op_t **ops = calloc((size_t)count, sizeof *ops);
  repolock_lease_t **leases = calloc((size_t)count, sizeof *leases);
  for (int i = 0; i < count; ++i) {
    char name[32];
    snprintf(name, sizeof name, "bench/renew-%d", i);
    repolock_acquire_start(client, name, strlen(name), NULL, &ops[i]);
  }
  for (int i = 0; i < count; ++i) {
    need(repolock_op_wait(ops[i], -1) == REPOLOCK_OK, "acquire", repolock_op_message(ops[i]));
    repolock_op_take_lease(ops[i], &leases[i]);
    repolock_op_free(ops[i]);
  }
  printf("held\n");
  fflush(stdout);
  const double used = processor_us();
  const int64_t begin = now_ns();
  usleep((useconds_t)atoi(argv[3]) * 1000);
  const double seconds = (double)(now_ns() - begin) / 1e9;
  const double share = (processor_us() - used) / (seconds * 1e6);
  int kept = 0;
  for (int i = 0; i < count; ++i) kept += repolock_lease_status(leases[i]) == REPOLOCK_OK;
  printf("{\"leases\": %d, \"kept\": %d, \"seconds\": %.3f, \"client_core\": %.4f}\n", count, kept,
         seconds, share);
  return 0; /* no release: the server goes away as well */
}
