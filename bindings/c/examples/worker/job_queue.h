/* job_queue.h - a queue of jobs that many processes share, in a directory, without a server.
 *
 *   ready/DUE-ID-TRIES-FAILURES   waits; DUE is milliseconds of CLOCK_MONOTONIC
 *   taken/PID/...                 a worker is at it; if it dies, its supervisor puts it back
 *   done/ID, failed/ID            for ever
 *
 * The file says "snapshot owner/name" or "unwatch owner/name". Every step is one rename(2): a job
 * is always in exactly one place, whoever is killed and whenever. */
#ifndef WORKER_JOB_QUEUE_H
#define WORKER_JOB_QUEUE_H

#include <stdint.h>

enum {
  JOB_PATH_SIZE = 1024,
  JOB_NAME_SIZE = 64,
  JOB_REPO_SIZE = 513
};

typedef struct job_queue {
  const char *directory; /* borrowed */
  char taken[JOB_PATH_SIZE];
} job_queue_t;

typedef enum job_kind {
  JOB_SNAPSHOT,
  JOB_UNWATCH
} job_kind_t;

typedef struct job {
  char file[JOB_NAME_SIZE]; /* its name in taken/PID */
  char id[24];
  char repo[JOB_REPO_SIZE];
  job_kind_t kind;
  int tries;    /* how often it was put back because somebody else held the repository */
  int failures; /* how often git failed */
} job_t;

/* 0, or -1 with errno, as all below. */
int job_queue_open(job_queue_t *queue, const char *directory);

/* 1: the job that has been due for longest is ours. 0: none is due. */
int job_take(const job_queue_t *queue, job_t *job);

/* Later again, with tries and failures as they are now in job. */
int job_put_back(const job_queue_t *queue, const job_t *job, int64_t delay_ms);

int job_done(const job_queue_t *queue, const job_t *job);
int job_failed(const job_queue_t *queue, const job_t *job);

#endif
