/* journal.h - what this process did and when, one line an event:
 *
 *   123456789012 granted pid=4711 job=0042 repo=demo/alpha fence=17
 *
 * The first column is CLOCK_MONOTONIC in nanoseconds, the same clock for all processes of a host.
 * Each line is one write(2) to a file of this process alone, so a SIGKILL loses nothing that was
 * told. */
#ifndef WORKER_JOURNAL_H
#define WORKER_JOURNAL_H

#include <stdint.h>

int64_t now_ns(void);

/* 0, or -1 with errno. */
int journal_open(const char *path);

/* The job and the repository of all lines from here on; NULL: none. Borrowed. */
void journal_about(const char *job, const char *repo);

/* details is a printf format, or NULL: none. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void journal(const char *event, const char *details, ...);

#endif
