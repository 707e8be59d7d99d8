#define _POSIX_C_SOURCE 200809L
#include "git.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "journal.h"
#include "witness.h"

enum {
  MAX_ARGUMENTS = 16,
  LOOK_AT_LEASE_MS = 100
};

/* What git leaves running in the background would hold the lock, or write without it. */
static const char *const kAlways[] = {"git", "-c", "gc.auto=0", "-c", "maintenance.auto=false"};

static const char kCannotStart[] = "cannot start git: is it installed and in PATH?\n";

/* The kernel kills this process as soon as the parent is dead: nothing else keeps the lock for it.
 * What git has started in turn ends when it finds its pipes closed, long before the ttl is over. */
static int die_with(pid_t parent) {
  return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}

/* Between fork and exec of a process with threads: only calls that are safe there. */
static void become_git(const hold_t *hold, pid_t parent, int lock_fd, int errors, int output,
                       const char *const *argv) {
  if (hold->lease != NULL && lock_fd < 0 && !die_with(parent)) _exit(127);
  witness_sign(hold->witness);
  int lock_stays = lock_fd < 0 || fcntl(lock_fd, F_SETFD, 0) == 0; /* it was close-on-exec */
  if (lock_stays && dup2(errors, STDERR_FILENO) >= 0 &&
      (output < 0 || dup2(output, STDOUT_FILENO) >= 0)) {
    execvp(argv[0], (char *const *)argv);
  }
  if (write(errors, kCannotStart, sizeof kCannotStart - 1) < 0) _exit(126);
  _exit(127);
}

/* Keeps the first line: what follows it in git is advice. */
static void hear(char *complaint, const char *text, size_t length) {
  size_t used = strlen(complaint);
  for (size_t at = 0; at < length && used + 1 < GIT_COMPLAINT_SIZE; ++at) {
    if (used > 0 && complaint[used - 1] == '\n') break;
    complaint[used++] = text[at];
  }
  complaint[used] = '\0';
}

/* Until git and whatever it started have closed their standard error. */
static void listen_to(hold_t *hold, pid_t child, int errors) {
  char text[512];
  int told = 0;
  for (;;) {
    struct pollfd ready = {.fd = errors, .events = POLLIN, .revents = 0};
    int count = poll(&ready, 1, LOOK_AT_LEASE_MS);
    if (count > 0) {
      ssize_t got = read(errors, text, sizeof text);
      if (got == 0 || (got < 0 && errno != EINTR)) break;
      if (got > 0) hear(hold->complaint, text, (size_t)got);
    }
    if (!told && hold->lease != NULL && repolock_lease_status(hold->lease) != REPOLOCK_OK) {
      journal("lost", "message=\"%s\"", repolock_lease_message(hold->lease));
      kill(child, SIGTERM);
      told = 1;
    }
  }
  hold->complaint[strcspn(hold->complaint, "\n")] = '\0';
}

static int exit_status(pid_t child) {
  int status;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int complain(hold_t *hold, const char *what) {
  snprintf(hold->complaint, sizeof hold->complaint, "%s: %s", what, strerror(errno));
  return -1;
}

static int run(hold_t *hold, int output, const char *const *argv, const char *verb) {
  int pipe_ends[2];
  if (pipe(pipe_ends) != 0) return complain(hold, "cannot make a pipe");
  fcntl(pipe_ends[0], F_SETFD, FD_CLOEXEC);
  fcntl(pipe_ends[1], F_SETFD, FD_CLOEXEC);
  int lock_fd = hold->lease != NULL ? repolock_lease_inherit_fd(hold->lease) : -1;
  pid_t worker = getpid();
  pid_t child = fork();
  if (child == 0) become_git(hold, worker, lock_fd, pipe_ends[1], output, argv);
  close(pipe_ends[1]);
  if (lock_fd >= 0) close(lock_fd);
  int status = -1;
  if (child > 0) {
    journal("git", "verb=%s child=%ld", verb, (long)child);
    listen_to(hold, child, pipe_ends[0]);
    status = exit_status(child);
    journal("git-end", "verb=%s status=%d message=\"%s\"", verb, status,
            status != 0 ? hold->complaint : "");
  } else {
    complain(hold, "cannot fork");
  }
  close(pipe_ends[0]);
  return status;
}

/* The first word that is no option of git itself. */
static const char *verb_of(const char *const *arguments) {
  while (arguments[0][0] == '-') arguments += strcmp(arguments[0], "-C") == 0 ? 2 : 1;
  return arguments[0];
}

int git(hold_t *hold, const char *output, const char *const *arguments) {
  const char *argv[MAX_ARGUMENTS + 1];
  size_t count = 0;
  for (; count < sizeof kAlways / sizeof *kAlways; ++count) argv[count] = kAlways[count];
  const char *verb = verb_of(arguments);
  while (*arguments != NULL && count < MAX_ARGUMENTS) argv[count++] = *arguments++;
  argv[count] = NULL;

  hold->complaint[0] = '\0';
  int file = -1;
  if (output != NULL) {
    file = open(output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0) return complain(hold, output);
  }
  int status = run(hold, file, argv, verb);
  if (file >= 0) close(file);
  return status;
}
