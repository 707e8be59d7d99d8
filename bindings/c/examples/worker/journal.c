#define _POSIX_C_SOURCE 200809L
#include "journal.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static int file = -1;
static const char *current_job;
static const char *current_repo;

int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int journal_open(const char *path) {
  file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  return file < 0 ? -1 : 0;
}

void journal_about(const char *job, const char *repo) {
  current_job = job;
  current_repo = repo;
}

static size_t within(int written, size_t used, size_t size) {
  size_t end = used + (written < 0 ? 0 : (size_t)written);
  return end < size ? end : size - 1;
}

void journal(const char *event, const char *details, ...) {
  char line[1024];
  size_t size = sizeof line - 1; /* one byte is kept for the end of the line */
  size_t used = within(
      snprintf(line, size, "%lld %s pid=%ld", (long long)now_ns(), event, (long)getpid()), 0, size);
  if (current_job != NULL) {
    used = within(snprintf(line + used, size - used, " job=%s repo=%s", current_job, current_repo),
                  used, size);
  }
  if (details != NULL) {
    line[used++] = ' ';
    va_list arguments;
    va_start(arguments, details);
    used = within(vsnprintf(line + used, size - used, details, arguments), used, size);
    va_end(arguments);
  }
  for (size_t at = 0; at < used; ++at) {
    if (line[at] == '\n') line[at] = ' ';
  }
  line[used++] = '\n';
  /* Nothing can be done about a full disk here, and the job goes on without its journal. */
  if (write(file, line, used) < 0) return;
}
