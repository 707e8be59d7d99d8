/* handoff.c repolock|flock URL|DIR PROCESSES MS - processes that take one name in turn, holding it
 * for nothing. A hand-off counts only when the owner changes. For repolock the fences must come in
 * rising order: an overlap or a lock out of order is counted as a violation. */
#include "bench.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
  MOST_TURNS = 1000000
};

typedef struct {
  atomic_int start, stop, ready, inside;
  atomic_long pairs, changes, violations;
  _Atomic uint64_t fence;
  atomic_int owner;
  atomic_long turns;
  int64_t waited[MOST_TURNS];
} board_t;

static void enter(board_t *board, int self, uint64_t fence) {
  if (atomic_fetch_add(&board->inside, 1) != 0) atomic_fetch_add(&board->violations, 1);
  if (atomic_exchange(&board->owner, self) != self) atomic_fetch_add(&board->changes, 1);
  if (fence != 0 && atomic_exchange(&board->fence, fence) >= fence)
    atomic_fetch_add(&board->violations, 1);
  atomic_fetch_add(&board->pairs, 1);
  atomic_fetch_sub(&board->inside, 1);
}

static void note_wait(board_t *board, int64_t ns) {
  const long turn = atomic_fetch_add(&board->turns, 1);
  if (turn < MOST_TURNS) board->waited[turn] = ns;
}

static void wait_for_start(board_t *board) {
  atomic_fetch_add(&board->ready, 1);
  while (!atomic_load(&board->start)) usleep(1000);
}

static void run_repolock(board_t *board, int self, const char *url) {
  repolock_client_t *client = open_client(url);
  wait_for_start(board);
  while (!atomic_load(&board->stop)) {
    const int64_t asked = now_ns();
    repolock_lease_t *lease = lock_name(client, "bench/handoff");
    note_wait(board, now_ns() - asked);
    enter(board, self, repolock_lease_fence(lease));
    unlock_name(lease);
  }
  repolock_shutdown(client, 1000);
}

static void run_flock(board_t *board, int self, const char *dir) {
  char path[4096];
  snprintf(path, sizeof path, "%s/flock.lock", dir);
  const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  need(fd >= 0, path, "open");
  wait_for_start(board);
  while (!atomic_load(&board->stop)) {
    const int64_t asked = now_ns();
    flock(fd, LOCK_EX);
    note_wait(board, now_ns() - asked);
    enter(board, self, 0);
    flock(fd, LOCK_UN);
  }
}

int main(int argc, char **argv) {
  need(argc == 5, "usage", "handoff repolock|flock URL|DIR PROCESSES MS");
  const int processes = atoi(argv[3]);
  board_t *board = shared_memory(sizeof *board);
  for (int self = 1; self <= processes; ++self) {
    if (fork() != 0) continue;
    if (strcmp(argv[1], "flock") == 0)
      run_flock(board, self, argv[2]);
    else
      run_repolock(board, self, argv[2]);
    _exit(0);
  }
  while (atomic_load(&board->ready) < processes) usleep(1000);
  const int64_t begin = now_ns();
  atomic_store(&board->start, 1);
  usleep((useconds_t)atoi(argv[4]) * 1000);
  atomic_store(&board->stop, 1);
  const double seconds = (double)(now_ns() - begin) / 1e9;
  const long changes = atomic_load(&board->changes), pairs = atomic_load(&board->pairs);
  while (wait(NULL) > 0) {
  }
  const long turns = atomic_load(&board->turns);
  const size_t noted = (size_t)(turns < MOST_TURNS ? turns : MOST_TURNS);
  printf(
      "{\"contender\": \"%s\", \"processes\": %d, \"changes_per_s\": %.0f, \"pairs_per_s\": %.0f, "
      "\"violations\": %ld, \"wait_p99_ms\": %.2f}\n",
      argv[1], processes, (double)changes / seconds, (double)pairs / seconds,
      atomic_load(&board->violations), (double)percentile(board->waited, noted, 0.99) / 1e6);
  return 0;
}
