/* options.h - the command line of snapshot_worker. */
#ifndef WORKER_OPTIONS_H
#define WORKER_OPTIONS_H

#include <stddef.h>

enum {
  MAX_SETTINGS = 16
};

typedef struct options {
  const char *backend;                /* where the locks are; NULL: in files of this host */
  const char *settings[MAX_SETTINGS]; /* of the library, KEY=VALUE */
  size_t setting_count;
  const char *jobs;      /* see job_queue.h */
  const char *snapshots; /* the clones, in owner/name/clone */
  const char *upstreams; /* URL; clones come from URL/owner/name.git */
  const char *records;   /* one line for each snapshot taken */
  const char *journal;   /* see journal.h */
  long wait_ms;          /* for a lock, before the job is put back */
  long idle_ms;          /* without a job, before the worker ends */
  int without_lock;      /* to see what the lock is for */
} options_t;

/* 0; or -1, and the usage was printed. */
int options_read(options_t *options, int argc, char **argv);

#endif
