#define _XOPEN_SOURCE 700
#include "snapshot.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal.h"

static int exists(const char *path) {
  return access(path, F_OK) == 0;
}

static int make_directories(const char *path) {
  char part[SNAPSHOT_PATH_SIZE];
  snprintf(part, sizeof part, "%s", path);
  for (char *slash = strchr(part + 1, '/');; slash = strchr(slash + 1, '/')) {
    if (slash != NULL) *slash = '\0';
    if (mkdir(part, 0777) != 0 && errno != EEXIST) return -1;
    if (slash == NULL) return 0;
    *slash = '/';
  }
}

int snapshot_open(snapshot_t *snapshot, const char *home, const char *upstreams, const char *repo) {
  char directory[SNAPSHOT_PATH_SIZE - 16];
  int length = snprintf(directory, sizeof directory, "%s/%s", home, repo);
  if (length < 0 || (size_t)length >= sizeof directory ||
      strlen(upstreams) + strlen(repo) + 6 > sizeof snapshot->upstream) {
    errno = ENAMETOOLONG;
    return -1;
  }
  snprintf(snapshot->upstream, sizeof snapshot->upstream, "%s/%s.git", upstreams, repo);
  snprintf(snapshot->clone, sizeof snapshot->clone, "%s/clone", directory);
  snprintf(snapshot->witness, sizeof snapshot->witness, "%s/witness", directory);
  snprintf(snapshot->listing, sizeof snapshot->listing, "%.900s/.listing.%ld", home,
           (long)getpid());
  return make_directories(directory);
}

/* ---- Deleting ---- */

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *place) {
  (void)info, (void)type, (void)place;
  return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

static int remove_lock_file(const char *path, const struct stat *info, int type,
                            struct FTW *place) {
  (void)info, (void)place;
  size_t length = strlen(path);
  if (type == FTW_F && length > 5 && strcmp(path + length - 5, ".lock") == 0) {
    journal("stale", "file=%s", path);
    return remove(path);
  }
  return 0;
}

static int walk(const char *path,
                int (*visit)(const char *, const struct stat *, int, struct FTW *), hold_t *hold) {
  if (!exists(path)) return 0;
  if (nftw(path, visit, 16, FTW_DEPTH | FTW_PHYS) == 0) return 0;
  snprintf(hold->complaint, sizeof hold->complaint, "cannot clear %.180s: %s", path,
           strerror(errno));
  return -1;
}

int snapshot_delete(const snapshot_t *snapshot, hold_t *hold) {
  journal("delete", NULL);
  int status = walk(snapshot->clone, remove_entry, hold);
  journal("delete-end", "status=%d message=\"%s\"", status, status != 0 ? hold->complaint : "");
  return status;
}

/* ---- Cloning and pulling ---- */

/* --git-dir: in half a clone git must not go up and find somebody else's repository. */
static int git_in_clone(const snapshot_t *snapshot, hold_t *hold, const char *const *rest,
                        const char *output) {
  const char *arguments[9] = {"-C", snapshot->clone, "--git-dir=.git"};
  for (size_t at = 0; at < 5 && rest[at] != NULL; ++at) arguments[at + 3] = rest[at];
  return git(hold, output, arguments);
}

static int has_commit(const snapshot_t *snapshot, hold_t *hold) {
  static const char *const kAsk[] = {"rev-parse", "--quiet", "--verify", "HEAD^{commit}", NULL};
  return git_in_clone(snapshot, hold, kAsk, "/dev/null") == 0;
}

/* The holder before us crashed, or its lease ran out, and neither it nor its git is there any more:
 * that is what the lock tells us. So the lock files of git are stale, and its working tree may be
 * half written. Without a lock nobody could know. */
static void clean_up(const snapshot_t *snapshot, hold_t *hold) {
  static const char *const kReset[] = {"reset", "--quiet", "--hard", NULL};
  char inside[SNAPSHOT_PATH_SIZE + 8];
  snprintf(inside, sizeof inside, "%s/.git", snapshot->clone);
  if (walk(inside, remove_lock_file, hold) == 0) git_in_clone(snapshot, hold, kReset, NULL);
}

static int clone(const snapshot_t *snapshot, hold_t *hold) {
  const char *const arguments[] = {"clone", "--quiet", snapshot->upstream, snapshot->clone, NULL};
  return git(hold, NULL, arguments);
}

static int pull(const snapshot_t *snapshot, hold_t *hold) {
  static const char *const kPull[] = {"pull", "--quiet", "--ff-only", "origin", "HEAD", NULL};
  return git_in_clone(snapshot, hold, kPull, NULL);
}

static int list(const snapshot_t *snapshot, hold_t *hold) {
  static const char *const kCommit[] = {"rev-parse", "HEAD", NULL};
  static const char *const kFiles[] = {"ls-tree", "-r", "--long", "HEAD", NULL};
  unlink(snapshot->listing);
  int status = git_in_clone(snapshot, hold, kCommit, snapshot->listing);
  return status != 0 ? status : git_in_clone(snapshot, hold, kFiles, snapshot->listing);
}

int snapshot_update(const snapshot_t *snapshot, hold_t *hold, int previous) {
  int there = exists(snapshot->clone);
  int died = previous == REPOLOCK_PREVIOUS_CRASHED || previous == REPOLOCK_PREVIOUS_EXPIRED;
  if (there && died) clean_up(snapshot, hold);
  if (there && !has_commit(snapshot, hold)) { /* half a clone: begin again */
    journal("half", NULL);
    if (snapshot_delete(snapshot, hold) != 0) return -1;
    there = 0;
  }
  int status = there ? pull(snapshot, hold) : clone(snapshot, hold);
  return status != 0 ? status : list(snapshot, hold);
}

/* ---- After the lock ---- */

int snapshot_scan(const snapshot_t *snapshot, scan_t *scan) {
  FILE *listing = fopen(snapshot->listing, "r");
  if (listing == NULL) return -1;
  char line[SNAPSHOT_PATH_SIZE];
  scan->files = 0;
  scan->bytes = 0;
  int found = fscanf(listing, "%71s", scan->commit) == 1;
  while (fgets(line, sizeof line, listing) != NULL) {
    long long size;
    if (sscanf(line, "%*s blob %*s %lld", &size) != 1) continue;
    ++scan->files;
    scan->bytes += size;
  }
  fclose(listing);
  return found ? 0 : -1;
}
