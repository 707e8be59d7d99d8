/* guest.h - a host program that loads librepolock.so by dlopen, has it do a day's work, and looks
 * whether everything in the house is where it was.
 *
 *   struct guest guest = invite();
 *   work(&guest, url);               once: what is made once for all is there then
 *   await_solitude();
 *   struct house before = look_around();
 *   work(&guest, url);
 *   assert_as_it_was(&before);
 */
#ifndef REPOLOCK_TESTS_GUEST_H
#define REPOLOCK_TESTS_GUEST_H

#include "api/api.h"
#include "support/threads.h"

#include <dlfcn.h>
#include <locale.h>
#include <signal.h>
#include <sys/stat.h>

/* ---- The library, without linking to it ------------------------------------------------------- */

#define GUEST_CALLS(X) \
  X(config_new)        \
  X(config_set)        \
  X(config_free)       \
  X(client_open)       \
  X(client_free)       \
  X(request_new)       \
  X(request_set_wait)  \
  X(request_free)      \
  X(acquire)           \
  X(acquire_start)     \
  X(release)           \
  X(shutdown)          \
  X(op_wait)           \
  X(op_on_done)        \
  X(op_take_lease)     \
  X(op_free)           \
  X(lease_inherit_fd)  \
  X(lease_free)        \
  X(event_next)        \
  X(event_free)

struct guest {
  void *handle;
#define GUEST_POINTER(name) __typeof__(repolock_##name) *name;
  GUEST_CALLS(GUEST_POINTER)
#undef GUEST_POINTER
};

static inline struct guest invite(void) {
  struct guest guest;
  guest.handle = dlopen(getenv("REPOLOCK_LIBRARY"), RTLD_NOW | RTLD_LOCAL);
  if (guest.handle == NULL) print_error("%s\n", dlerror());
  assert_non_null(guest.handle);
#define GUEST_LOOK_UP(name)                                                             \
  *(void **)&guest.name = dlsym(guest.handle, "repolock_" #name); /* as POSIX has it */ \
  assert_non_null(guest.name);
  GUEST_CALLS(GUEST_LOOK_UP)
#undef GUEST_LOOK_UP
  return guest;
}

/* ---- A day's work ----------------------------------------------------------------------------- */

static inline repolock_client_t *open_as_guest(const struct guest *guest, const char *url) {
  char err[REPOLOCK_ERR_SIZE] = "";
  repolock_client_t *client = NULL;
  repolock_config_t *config = guest->config_new();
  assert_int_equal(guest->config_set(config, "backend", url, err, sizeof err), REPOLOCK_OK);
  if (guest->client_open(config, &client, err, sizeof err) != REPOLOCK_OK)
    print_error("%s: %s\n", url, err);
  guest->config_free(config);
  assert_non_null(client);
  return client;
}

static inline repolock_lease_t *lock_as_guest(const struct guest *guest, repolock_client_t *client,
                                              const char *repo) {
  char err[REPOLOCK_ERR_SIZE] = "";
  repolock_lease_t *lease = NULL;
  if (guest->acquire(client, repo, strlen(repo), NULL, &lease, err, sizeof err) != REPOLOCK_OK)
    print_error("%s: %s\n", repo, err);
  assert_non_null(lease);
  return lease;
}

static inline void count_call(const repolock_event_t *event, void *data) {
  (void)event;
  __atomic_add_fetch((int *)data, 1, __ATOMIC_SEQ_CST);
}

/* Two clients: one holds, one waits and is told by callback, both are shut down. */
static inline void work(const struct guest *guest, const char *url) {
  repolock_client_t *holder = open_as_guest(guest, url), *waiter = open_as_guest(guest, url);
  repolock_lease_t *lease = lock_as_guest(guest, holder, "a/b"), *next = NULL;
  repolock_op_t *op = NULL;
  repolock_event_t *event = NULL;
  int told = 0;
  assert_int_equal(guest->acquire_start(waiter, "a/b", 3, NULL, &op), REPOLOCK_OK);
  assert_int_equal(guest->op_on_done(op, count_call, &told, NULL), REPOLOCK_OK);
  assert_int_equal(guest->event_next(waiter, 1, &event), REPOLOCK_E_PENDING);
  assert_int_equal(guest->release(lease), REPOLOCK_OK);
  assert_int_equal(guest->op_wait(op, -1), REPOLOCK_OK);
  assert_int_equal(guest->op_take_lease(op, &next), REPOLOCK_OK);
  assert_int_equal(guest->release(next), REPOLOCK_OK);
  assert_int_equal(guest->shutdown(waiter, 0), REPOLOCK_OK);
  assert_int_equal(guest->shutdown(holder, 0), REPOLOCK_OK);
  assert_int_equal(__atomic_load_n(&told, __ATOMIC_SEQ_CST), 1);
  guest->op_free(op);
  guest->lease_free(lease);
  guest->lease_free(next);
  guest->client_free(waiter);
  guest->client_free(holder);
}

/* ---- The house -------------------------------------------------------------------------------- */

enum {
  MOST_DESCRIPTORS = 256
};

struct house {
  struct sigaction actions[65];
  sigset_t mask;
  char environment[16384], directory[1024], locale[256];
  mode_t umask;
  int threads;
  char descriptors[MOST_DESCRIPTORS][64]; /* what each leads to */
};

/* Of a host with one thread. */
static inline void await_solitude(void) {
  while (threads_of_this_process() > 1) usleep(500);
}

static inline struct house look_around(void) {
  extern char **environ;
  static struct house house;
  memset(&house, 0, sizeof house);
  for (int number = 1; number < 65; ++number) sigaction(number, NULL, &house.actions[number]);
  pthread_sigmask(SIG_BLOCK, NULL, &house.mask);
  size_t length = 0;
  for (char **line = environ; *line != NULL && length < sizeof house.environment; ++line)
    length += (size_t)snprintf(house.environment + length, sizeof house.environment - length,
                               "%s\n", *line);
  assert_non_null(getcwd(house.directory, sizeof house.directory));
  snprintf(house.locale, sizeof house.locale, "%s", setlocale(LC_ALL, NULL));
  house.umask = umask(0);
  umask(house.umask);
  house.threads = threads_of_this_process();
  for (int fd = 0; fd < MOST_DESCRIPTORS; ++fd) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const ssize_t size = readlink(path, house.descriptors[fd], sizeof house.descriptors[fd] - 1);
    if (size < 0) house.descriptors[fd][0] = '\0';
  }
  return house;
}

/* Every thread has ended, and the rest is the same. */
static inline void assert_as_it_was(const struct house *before) {
  while (threads_of_this_process() > before->threads) usleep(500);
  const struct house after = look_around();
  for (int number = 1; number < 65; ++number) {
    assert_ptr_equal(after.actions[number].sa_handler, before->actions[number].sa_handler);
    assert_int_equal(after.actions[number].sa_flags, before->actions[number].sa_flags);
    assert_int_equal(sigismember(&after.mask, number), sigismember(&before->mask, number));
  }
  assert_string_equal(after.environment, before->environment);
  assert_string_equal(after.directory, before->directory);
  assert_string_equal(after.locale, before->locale);
  assert_int_equal(after.umask, before->umask);
  assert_int_equal(after.threads, before->threads);
  for (int fd = 0; fd < MOST_DESCRIPTORS; ++fd)
    assert_string_equal(after.descriptors[fd], before->descriptors[fd]);
}

/* ---- Its walls -------------------------------------------------------------------------------- */

/* stdout and stderr of this process, into a file. */
struct walls {
  FILE *file;
  int out, err;
};

static inline struct walls whitewash(void) {
  struct walls walls = {tmpfile(), 0, 0};
  assert_non_null(walls.file);
  fflush(NULL);
  walls.out = dup(STDOUT_FILENO);
  walls.err = dup(STDERR_FILENO);
  dup2(fileno(walls.file), STDOUT_FILENO);
  dup2(fileno(walls.file), STDERR_FILENO);
  return walls;
}

/* Nobody has written on them. */
static inline void assert_clean(const struct walls *walls) {
  struct stat about;
  fflush(NULL);
  const int result = fstat(fileno(walls->file), &about);
  dup2(walls->out, STDOUT_FILENO);
  dup2(walls->err, STDERR_FILENO);
  close(walls->out);
  close(walls->err);
  fclose(walls->file);
  assert_int_equal(result, 0);
  assert_int_equal(about.st_size, 0);
}

#endif
