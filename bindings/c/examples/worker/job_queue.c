#define _POSIX_C_SOURCE 200809L
#include "job_queue.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal.h"

static int64_t now_ms(void) {
  return now_ns() / 1000000;
}

static int path_in(char *out, const char *directory, const char *room, const char *name) {
  int length = snprintf(out, JOB_PATH_SIZE, "%s/%s/%s", directory, room, name);
  if (length >= 0 && length < JOB_PATH_SIZE) return 0;
  errno = ENAMETOOLONG;
  return -1;
}

int job_queue_open(job_queue_t *queue, const char *directory) {
  char pid[24];
  snprintf(pid, sizeof pid, "%ld", (long)getpid());
  queue->directory = directory;
  if (path_in(queue->taken, directory, "taken", pid) != 0) return -1;
  return mkdir(queue->taken, 0777) == 0 || errno == EEXIST ? 0 : -1;
}

/* Names begin with the time in a fixed width, so the least name is the earliest. */
static int earliest_due(const char *ready, char *earliest) {
  DIR *directory = opendir(ready);
  if (directory == NULL) return -1;
  earliest[0] = '\0';
  const struct dirent *entry;
  while ((entry = readdir(directory)) != NULL) {
    const char *name = entry->d_name;
    long long due;
    if (name[0] == '.' || strlen(name) >= JOB_NAME_SIZE) continue;
    if (sscanf(name, "%lld-", &due) != 1 || due > now_ms()) continue;
    if (earliest[0] == '\0' || strcmp(name, earliest) < 0) strcpy(earliest, name);
  }
  closedir(directory);
  return earliest[0] != '\0';
}

static int read_job(const char *path, job_t *job) {
  char kind[16];
  if (sscanf(job->file, "%*[0-9]-%23[^-]-%d-%d", job->id, &job->tries, &job->failures) != 3) {
    errno = EINVAL;
    return -1;
  }
  FILE *file = fopen(path, "r");
  if (file == NULL) return -1;
  int fields = fscanf(file, "%15s %512s", kind, job->repo);
  fclose(file);
  job->kind = strcmp(kind, "unwatch") == 0 ? JOB_UNWATCH : JOB_SNAPSHOT;
  if (fields == 2) return 0;
  errno = EINVAL;
  return -1;
}

int job_take(const job_queue_t *queue, job_t *job) {
  char ready[JOB_PATH_SIZE], from[JOB_PATH_SIZE], to[JOB_PATH_SIZE];
  if (path_in(ready, queue->directory, "ready", "") != 0) return -1;
  for (;;) {
    int found = earliest_due(ready, job->file);
    if (found != 1) return found;
    if (path_in(from, queue->directory, "ready", job->file) != 0) return -1;
    if (path_in(to, queue->taken, "", job->file) != 0) return -1;
    if (rename(from, to) == 0) return read_job(to, job) == 0 ? 1 : -1;
    if (errno != ENOENT) return -1; /* ENOENT: another worker was quicker */
  }
}

static int move(const job_queue_t *queue, const job_t *job, const char *room, const char *name) {
  char from[JOB_PATH_SIZE], to[JOB_PATH_SIZE];
  if (path_in(from, queue->taken, "", job->file) != 0) return -1;
  if (path_in(to, queue->directory, room, name) != 0) return -1;
  return rename(from, to);
}

int job_put_back(const job_queue_t *queue, const job_t *job, int64_t delay_ms) {
  char name[JOB_NAME_SIZE];
  snprintf(name, sizeof name, "%015lld-%s-%d-%d", (long long)now_ms() + (long long)delay_ms,
           job->id, job->tries, job->failures);
  return move(queue, job, "ready", name);
}

int job_done(const job_queue_t *queue, const job_t *job) {
  return move(queue, job, "done", job->id);
}

int job_failed(const job_queue_t *queue, const job_t *job) {
  return move(queue, job, "failed", job->id);
}
