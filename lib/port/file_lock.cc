#include "port/file_lock.h"

#include <fcntl.h>

#include <cerrno>

#ifndef F_OFD_SETLK
#error "this system has no locks of open file descriptions: file: cannot be built here"
#endif

static_assert(sizeof(off_t) == 8, "compile with _FILE_OFFSET_BITS=64");

namespace repolock::port {

namespace {

struct flock range(int64_t begin, int64_t end, int type) {
  struct flock range {};
  range.l_type = static_cast<int16_t>(type);
  range.l_whence = SEEK_SET;
  range.l_start = begin;
  range.l_len = end - begin;
  return range;
}

int type_of(FileLock kind) {
  return kind == FileLock::kShared ? F_RDLCK : F_WRLCK;
}

}  // namespace

int try_lock_byte(int fd, int64_t offset, FileLock kind) {
  struct flock lock = range(offset, offset + 1, type_of(kind));
  if (fcntl(fd, F_OFD_SETLK, &lock) == 0) return 0;
  return errno == EACCES ? EAGAIN : errno;
}

int unlock_byte(int fd, int64_t offset) {
  struct flock lock = range(offset, offset + 1, F_UNLCK);
  return fcntl(fd, F_OFD_SETLK, &lock) == 0 ? 0 : errno;
}

int find_lock(int fd, int64_t begin, int64_t end, FileLock kind, int64_t *found) {
  *found = -1;
  if (begin >= end) return 0;  // a length of 0 would mean: to the end of the file
  struct flock lock = range(begin, end, type_of(kind));
  if (fcntl(fd, F_OFD_GETLK, &lock) != 0) return errno;
  if (lock.l_type != F_UNLCK) *found = lock.l_start;
  return 0;
}

}  // namespace repolock::port
