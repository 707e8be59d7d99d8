/* queue.c URL PROCESSES EACH - PROCESSES x EACH waiters on one name, which stand in the queue in a
 * known order; are they served in it, and how fast? */
#include "bench.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
  _Atomic long next; /* place in the order of the grants */
  int order[100000]; /* which waiter came at that place */
} board_t;

static void waits(const repolock_event_t *event, void *pipe_end) {
  (void)event;
  need(write((int)(intptr_t)pipe_end, "w", 1) == 1, "pipe", "write");
}

/* Waits with many ops in one process; each releases as soon as it is granted. */
static void run(board_t *board, const char *url, int first, int each, int tell) {
  repolock_client_t *client = open_client(url);
  repolock_op_t **ops = calloc((size_t)each, sizeof *ops);
  for (int index = 0; index < each; ++index) {
    int queued[2];
    char byte;
    need(pipe(queued) == 0, "pipe", "open");
    repolock_acquire_start(client, "bench/queue", 11, NULL, &ops[index]);
    repolock_op_on_wait(ops[index], waits, (void *)(intptr_t)queued[1], NULL);
    need(read(queued[0], &byte, 1) == 1, "waiter", "does not wait");
    repolock_op_on_wait(ops[index], NULL, NULL, NULL);
    /* its news may still come: both ends stay open until the process ends */
  }
  need(write(tell, "q", 1) == 1, "pipe", "write");
  for (int index = 0; index < each; ++index) {
    repolock_lease_t *lease = NULL;
    need(repolock_op_wait(ops[index], -1) == REPOLOCK_OK, "wait", repolock_op_message(ops[index]));
    board->order[board->next++] = first + index;
    repolock_op_take_lease(ops[index], &lease);
    unlock_name(lease);
    repolock_op_free(ops[index]);
  }
  repolock_shutdown(client, 1000);
}

int main(int argc, char **argv) {
  need(argc == 4, "usage", "queue URL PROCESSES EACH");
  const int processes = atoi(argv[2]), each = atoi(argv[3]);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  board_t *board = shared_memory(sizeof *board);
  int tell[2];
  char byte;
  need(pipe(tell) == 0, "pipe", "open");
  int hold[2];
  need(pipe(hold) == 0, "pipe", "open");
  if (fork() == 0) {
    close(hold[1]);
    repolock_client_t *client = open_client(argv[1]);
    repolock_lease_t *lease = lock_name(client, "bench/queue");
    need(write(tell[1], "h", 1) == 1, "pipe", "write");
    need(read(hold[0], &byte, 1) == 0, "holder", "told too early");
    unlock_name(lease);
    repolock_shutdown(client, 1000);
    _exit(0);
  }
  need(read(tell[0], &byte, 1) == 1, "holder", "did not lock");
  for (int process = 0; process < processes; ++process) {
    if (fork() == 0) {
      close(hold[1]);
      run(board, argv[1], process * each, each, tell[1]);
      _exit(0);
    }
    need(read(tell[0], &byte, 1) == 1, "waiters", "do not wait");
  }
  struct timespec began_at; /* as a server's MONITOR tells the time */
  clock_gettime(CLOCK_REALTIME, &began_at);
  const int64_t begin = now_ns();
  close(hold[1]);
  while (wait(NULL) > 0) {
  }
  const double seconds = (double)(now_ns() - begin) / 1e9;
  int out_of_order = 0;
  for (int place = 0; place < processes * each; ++place)
    out_of_order += board->order[place] != place;
  printf(
      "{\"waiters\": %d, \"served\": %ld, \"out_of_order\": %d, \"handoff_us\": %.1f, "
      "\"began_at\": %lld.%06ld}\n",
      processes * each, board->next, out_of_order, seconds * 1e6 / (processes * each),
      (long long)began_at.tv_sec, began_at.tv_nsec / 1000);
  return 0;
}
