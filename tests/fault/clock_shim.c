/* clock_shim.c - what clock_shim.h says, between a program and the C library. An alarm (timerfd)
 * that a step brings to its time rings, as it does after the machine has slept.
 */
#define _GNU_SOURCE
#include "clock_shim.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define SHOWN __attribute__((visibility("default")))

enum {
  ALARMS = 1024,
  LOOK_EVERY_US = 2000,
  BILLION = 1000000000
};

static const struct clock_offsets no_offsets;
static const volatile struct clock_offsets *offsets = &no_offsets;

/* The alarms of this process, by their descriptors. */
static struct {
  bool is_set;
  clockid_t clock;
  struct itimerspec when; /* by the clock that the program sees */
} alarms[ALARMS];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pid_t watched; /* the process in which a thread looks for steps */

/* A child that is made while that thread is at work would wait for it for ever. */
static void lock(void) {
  pthread_mutex_lock(&mutex);
}
static void unlock(void) {
  pthread_mutex_unlock(&mutex);
}

__attribute__((constructor)) static void map_offsets(void) {
  pthread_atfork(lock, unlock, unlock);
  const char *path = getenv("REPOLOCK_TEST_CLOCKS");
  const int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  void *mapped = mmap(NULL, sizeof *offsets, PROT_READ, MAP_SHARED, fd, 0);
  if (mapped != MAP_FAILED) offsets = mapped;
  close(fd);
}

static int64_t offset_of(clockid_t clock) {
  switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
      return offsets->realtime;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_COARSE:
      return offsets->monotonic;
    case CLOCK_BOOTTIME:
      return offsets->boottime;
    default:
      return 0;
  }
}

static int64_t ns_of(struct timespec time) {
  return time.tv_sec * BILLION + time.tv_nsec;
}

static struct timespec time_of(int64_t ns) {
  struct timespec time = {ns / BILLION, ns % BILLION};
  if (time.tv_nsec < 0) {
    time.tv_nsec += BILLION;
    --time.tv_sec;
  }
  return time;
}

/* What the program sees at a true time, and the other way round. */
static struct timespec seen_at(clockid_t clock, struct timespec true_time) {
  int64_t ns = ns_of(true_time);
  if (clock == CLOCK_BOOTTIME && offsets->gain_ms != 0)
    ns += (ns - offsets->since_ns) / 1000 * offsets->gain_ms;
  return time_of(ns + offset_of(clock) * 1000000);
}
static struct timespec true_at(clockid_t clock, struct timespec seen) {
  int64_t ns = ns_of(seen) - offset_of(clock) * 1000000;
  if (clock == CLOCK_BOOTTIME && offsets->gain_ms != 0)
    ns = offsets->since_ns + (ns - offsets->since_ns) / (1000 + offsets->gain_ms) * 1000;
  return time_of(ns);
}

SHOWN int clock_gettime(clockid_t clock, struct timespec *now) {
  const int result = (int)syscall(SYS_clock_gettime, clock, now);
  if (result == 0) *now = seen_at(clock, *now);
  return result;
}

SHOWN time_t time(time_t *now) {
  struct timespec seen;
  clock_gettime(CLOCK_REALTIME, &seen);
  if (now != NULL) *now = seen.tv_sec;
  return seen.tv_sec;
}

SHOWN int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec seen;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &seen);
  now->tv_sec = seen.tv_sec;
  now->tv_usec = seen.tv_nsec / 1000;
  return 0;
}

/* ---- Alarms ---------------------------------------------------------------------------------- */

static void set_alarm(int fd) {
  struct itimerspec when = alarms[fd].when;
  when.it_value = true_at(alarms[fd].clock, when.it_value);
  if (when.it_value.tv_sec < 0 || (when.it_value.tv_sec == 0 && when.it_value.tv_nsec == 0)) {
    when.it_value.tv_sec = 0;
    when.it_value.tv_nsec = 1; /* long ago; zero would disarm it */
  }
  syscall(SYS_timerfd_settime, fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void *look_for_steps(void *unused) {
  struct clock_offsets seen = *offsets;
  for (;;) {
    struct timespec pause = {0, LOOK_EVERY_US * 1000L};
    syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &pause, NULL);
    const struct clock_offsets now = *offsets;
    if (memcmp(&now, &seen, sizeof now) == 0) continue;
    seen = now;
    lock();
    for (int fd = 0; fd < ALARMS; ++fd)
      if (alarms[fd].is_set) set_alarm(fd);
    unlock();
  }
  return unused;
}

static void watch(void) {
  pthread_t thread;
  sigset_t all, before;
  if (watched == getpid()) return;
  watched = getpid();
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  if (pthread_create(&thread, NULL, look_for_steps, NULL) == 0) pthread_detach(thread);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

SHOWN int timerfd_create(clockid_t clock, int flags) {
  const int fd = (int)syscall(SYS_timerfd_create, clock, flags);
  lock();
  if (fd >= 0 && fd < ALARMS) {
    alarms[fd].clock = clock;
    alarms[fd].is_set = false;
  }
  watch();
  unlock();
  return fd;
}

SHOWN int timerfd_settime(int fd, int flags, const struct itimerspec *when,
                          struct itimerspec *before) {
  if (fd >= ALARMS || (flags & TFD_TIMER_ABSTIME) == 0)
    return (int)syscall(SYS_timerfd_settime, fd, flags, when, before);
  lock();
  alarms[fd].is_set = true;
  alarms[fd].when = *when;
  set_alarm(fd);
  unlock();
  return 0;
}

/* ---- Waiting for a moment -------------------------------------------------------------------- */

typedef int wait_until(pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *);

SHOWN int pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *held, clockid_t clock,
                                 const struct timespec *until) {
  static wait_until *next;
  const struct timespec true_time = true_at(clock, *until);
  if (next == NULL) *(void **)&next = dlsym(RTLD_NEXT, "pthread_cond_clockwait");
  return next(cond, held, clock, &true_time);
}
