/* crash.c URL ROUNDS - from the kill -9 of a holder without children to the grant of the next. */
#include "bench.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void waits(const repolock_event_t *event, void *pipe_end) {
  const char byte = 'w';
  (void)event;
  need(write((int)(intptr_t)pipe_end, &byte, 1) == 1, "pipe", "write");
}

static pid_t start_holder(const char *url, int tell) {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  lock_name(open_client(url), "bench/crash");
  need(write(tell, "h", 1) == 1, "pipe", "write");
  for (;;) pause();
}

static pid_t start_waiter(const char *url, int tell, int64_t *granted_at) {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  repolock_client_t *client = open_client(url);
  repolock_op_t *op = NULL;
  repolock_acquire_start(client, "bench/crash", 11, NULL, &op);
  repolock_op_on_wait(op, waits, (void *)(intptr_t)tell, NULL);
  need(repolock_op_wait(op, 20000) == REPOLOCK_OK, "waiter", repolock_op_message(op));
  *granted_at = now_ns();
  repolock_op_free(op);
  repolock_shutdown(client, 1000);
  _exit(0);
}

int main(int argc, char **argv) {
  need(argc == 3, "usage", "crash URL ROUNDS");
  const int rounds = atoi(argv[2]);
  int64_t *took = calloc((size_t)rounds, sizeof *took);
  int64_t *granted_at = shared_memory(sizeof *granted_at);
  int tell[2];
  char byte;
  need(pipe(tell) == 0, "pipe", "open");
  for (int round = 0; round < rounds; ++round) {
    const pid_t holder = start_holder(argv[1], tell[1]);
    need(read(tell[0], &byte, 1) == 1 && byte == 'h', "holder", "did not lock");
    const pid_t waiter = start_waiter(argv[1], tell[1], granted_at);
    need(read(tell[0], &byte, 1) == 1 && byte == 'w', "waiter", "does not wait");
    usleep(3000);
    const int64_t killed_at = now_ns();
    kill(holder, SIGKILL);
    waitpid(waiter, NULL, 0);
    waitpid(holder, NULL, 0);
    took[round] = *granted_at - killed_at;
  }
  const int64_t median = percentile(took, (size_t)rounds, 0.5);
  printf("{\"rounds\": %d, \"median_us\": %.0f, \"p99_us\": %.0f, \"max_us\": %.0f}\n", rounds,
         (double)median / 1e3, (double)percentile(took, (size_t)rounds, 0.99) / 1e3,
         (double)took[rounds - 1] / 1e3);
  return 0;
}
