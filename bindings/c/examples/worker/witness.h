/* witness.h - a file beside each clone that says who works on it, to catch two at once.
 *
 * It is no lock: whoever finds another one's living witness says so in the journal and goes on. It
 * knows nothing of librepolock either, and that is its use: an independent check. It lies beside
 * the clone and not in it, because git clones into an empty place only, and a deletion takes the
 * whole clone away. */
#ifndef WORKER_WITNESS_H
#define WORKER_WITNESS_H

/* Creates it with O_EXCL. A descriptor, or -1: somebody else's is there. Writes "overlap" into the
 * journal if one of the processes named in that one lives. */
int witness_enter(const char *path);

/* Names the calling process in it too: for a git child, which may outlive its worker. Safe between
 * fork and exec. */
void witness_sign(int witness);

/* Removes it if it is one's own. */
void witness_leave(int witness, const char *path);

#endif
