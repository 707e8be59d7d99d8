// file_lock.h - locks on bytes of a file that belong to an open file description.
//
// Whoever has the description, by dup, fork or inheritance, has its locks, and the kernel drops
// them when the last descriptor of it is closed, however its process ended. The classic locks of
// fcntl are of no use to a library: they are gone when any descriptor of that file is closed.
#pragma once

#include <cstdint>

namespace repolock::port {

enum class FileLock {
  kShared,
  kExclusive
};

// Never waits. 0; EAGAIN: another description has a lock in the way; another errno.
int try_lock_byte(int fd, int64_t offset, FileLock kind);

// 0, or an errno.
int unlock_byte(int fd, int64_t offset);

// Finds one lock (not always the lowest) of another description that would keep this one from a
// lock of that kind on the bytes [begin, end): *found is its first byte, -1 where there is none.
// 0, or an errno.
int find_lock(int fd, int64_t begin, int64_t end, FileLock kind, int64_t *found);

}  // namespace repolock::port
