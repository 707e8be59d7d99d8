/* snapshot.h - what is done to a clone while its repository is locked. */
#ifndef WORKER_SNAPSHOT_H
#define WORKER_SNAPSHOT_H

#include "git.h"

enum {
  SNAPSHOT_PATH_SIZE = 1024
};

/* The places of one repository: clone and witness lie side by side in HOME/owner/name/. */
typedef struct snapshot {
  char upstream[SNAPSHOT_PATH_SIZE];
  char clone[SNAPSHOT_PATH_SIZE];
  char witness[SNAPSHOT_PATH_SIZE];
  char listing[SNAPSHOT_PATH_SIZE]; /* of this worker: the commit, then a line for each file */
} snapshot_t;

/* Makes the directories. 0, or -1 with errno. */
int snapshot_open(snapshot_t *snapshot, const char *home, const char *upstreams, const char *repo);

/* Clones or pulls, and lists the commit's files, so that what comes after the lock needs the clone
 * no more. previous: REPOLOCK_PREVIOUS_*, for the traces of a holder that crashed. 0, or else
 * hold->complaint says why not. */
int snapshot_update(const snapshot_t *snapshot, hold_t *hold, int previous);

/* Deletes the clone; it need not exist. 0, or else hold->complaint says why not. */
int snapshot_delete(const snapshot_t *snapshot, hold_t *hold);

/* What the listing says. 0, or -1: it is none. */
typedef struct scan {
  char commit[72];
  long files;
  long long bytes;
} scan_t;
int snapshot_scan(const snapshot_t *snapshot, scan_t *scan);

#endif
