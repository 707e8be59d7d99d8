/* pair.c URL DIR CORES - one uncontended acquire and release, beside what it cannot do without: the
 * bare system calls (open, OFD lock, unlock, close) and the hops between the caller's thread and the
 * library's (each of the two calls there and back). Rounds of all three take turns in one run. A hop
 * to another core costs several times one on the same core, so the threads stay where CORES, 1 or 2,
 * says that they are. */
#include "bench.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
  ROUNDS = 21,
  PAIRS = 500
};

static struct {
  int wake;
  pthread_mutex_t mutex;
  pthread_cond_t done_cond;
  int done;
} hop = {.mutex = PTHREAD_MUTEX_INITIALIZER, .done_cond = PTHREAD_COND_INITIALIZER};

/* The least that any library with a thread of its own does: wakes from poll, answers. */
static void *hop_thread(void *unused) {
  struct pollfd ready = {hop.wake, POLLIN, 0};
  uint64_t count;
  (void)unused;
  while (poll(&ready, 1, -1) == 1 && read(hop.wake, &count, sizeof count) == sizeof count) {
    pthread_mutex_lock(&hop.mutex);
    hop.done = 1;
    pthread_cond_signal(&hop.done_cond);
    pthread_mutex_unlock(&hop.mutex);
  }
  return NULL;
}

static void there_and_back(void) {
  const uint64_t one = 1;
  hop.done = 0;
  need(write(hop.wake, &one, sizeof one) == sizeof one, "eventfd", "write");
  pthread_mutex_lock(&hop.mutex);
  while (!hop.done) pthread_cond_wait(&hop.done_cond, &hop.mutex);
  pthread_mutex_unlock(&hop.mutex);
}

static void bare_pair(const char *path) {
  struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
  const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  need(fd >= 0 && fcntl(fd, F_OFD_SETLKW, &range) == 0, path, "OFD lock");
  range.l_type = F_UNLCK;
  fcntl(fd, F_OFD_SETLK, &range);
  close(fd);
}

static void stay_on(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  need(sched_setaffinity(0, sizeof cores, &cores) == 0, "cores", "sched_setaffinity");
}

int main(int argc, char **argv) {
  static int64_t bare[ROUNDS * PAIRS], hops[ROUNDS * PAIRS], ours[ROUNDS * PAIRS];
  char path[4096];
  pthread_t thread;
  size_t count = 0;
  need(argc == 4, "usage", "pair URL DIR CORES");
  snprintf(path, sizeof path, "%s/bare.lock", argv[2]);
  hop.wake = eventfd(0, EFD_CLOEXEC);
  stay_on(0); /* and so do the threads that are made here */
  pthread_create(&thread, NULL, hop_thread, NULL);
  repolock_client_t *client = open_client(argv[1]);
  stay_on(atoi(argv[3]) - 1);
  for (int warm = 0; warm < 100; ++warm) unlock_name(lock_name(client, "bench/pair"));

  for (int round = 0; round < ROUNDS; ++round) {
    for (int pair = 0; pair < PAIRS; ++pair, ++count) {
      const int64_t a = now_ns();
      bare_pair(path);
      const int64_t b = now_ns();
      there_and_back();
      there_and_back();
      const int64_t c = now_ns();
      unlock_name(lock_name(client, "bench/pair"));
      ours[count] = now_ns() - c;
      hops[count] = c - b;
      bare[count] = b - a;
    }
  }
  const int64_t least = percentile(bare, count, 0.5) + percentile(hops, count, 0.5);
  const int64_t pair = percentile(ours, count, 0.5);
  printf(
      "{\"bare_ns\": %lld, \"hops_ns\": %lld, \"pair_ns\": %lld, \"pair_p99_ns\": %lld, "
      "\"ratio\": %.2f}\n",
      (long long)percentile(bare, count, 0.5), (long long)percentile(hops, count, 0.5),
      (long long)pair, (long long)percentile(ours, count, 0.99), (double)pair / (double)least);
  repolock_shutdown(client, 1000);
  repolock_client_free(client);
  return 0;
}
