/* git.h - runs git as a child that the lock outlives its worker with. */
#ifndef WORKER_GIT_H
#define WORKER_GIT_H

#include <repolock/repolock.h>
#include <stddef.h>

enum {
  GIT_COMPLAINT_SIZE = 256
};

/* While one works on a repository. */
typedef struct hold {
  repolock_lease_t *lease;            /* NULL: without the lock */
  int witness;                        /* see witness.h; -1: none */
  char complaint[GIT_COMPLAINT_SIZE]; /* the first line that a failed git wrote, or "" */
} hold_t;

/* Runs `git ARGUMENTS` and waits for its end; output: a file to which its standard output is
 * appended, or NULL.
 *
 * The child keeps the lease's descriptor (repolock_lease_inherit_fd) open. If this worker is
 * killed, git goes on writing, and so the lock stays until git has gone too. A lock on a server has
 * no descriptor, and ends a ttl after the worker: there git is killed with it. If the lease is
 * lost, git gets a SIGTERM.
 *
 * 0: git said 0. Anything else: it failed, and complaint says why. */
int git(hold_t *hold, const char *output, const char *const *arguments);

#endif
