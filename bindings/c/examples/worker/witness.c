#define _POSIX_C_SOURCE 200809L
#include "witness.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/types.h>
#include <unistd.h>

#include "journal.h"

/* A dying process loses its memory first, then its files and with them the lock. So one without a
 * command line can write nothing any more, whether it is a zombie already or not yet. */
static int is_alive(pid_t pid) {
  if (kill(pid, 0) != 0 && errno == ESRCH) return 0;
  char path[64], byte;
  snprintf(path, sizeof path, "/proc/%ld/cmdline", (long)pid);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return errno != ENOENT;
  ssize_t got = read(file, &byte, 1);
  close(file);
  return got > 0;
}

/* The first process named there that lives, or 0. */
static pid_t living_writer(const char *path) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  pid_t pid, living = 0;
  while (living == 0 && read(file, &pid, sizeof pid) == (ssize_t)sizeof pid) {
    if (is_alive(pid)) living = pid;
  }
  close(file);
  return living;
}

int witness_enter(const char *path) {
  for (;;) {
    int witness = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
    if (witness >= 0) {
      witness_sign(witness);
      return witness;
    }
    if (errno != EEXIST) return -1;
    pid_t other = living_writer(path);
    if (other != 0) {
      journal("overlap", "other=%ld", (long)other);
      return -1;
    }
    if (unlink(path) != 0 && errno != ENOENT) return -1;
  }
}

void witness_sign(int witness) {
  pid_t pid = getpid();
  if (witness >= 0 && write(witness, &pid, sizeof pid) < 0) return;
}

void witness_leave(int witness, const char *path) {
  if (witness < 0) return;
  unlink(path);
  close(witness);
}
