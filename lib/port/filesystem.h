// filesystem.h - on what a directory lives, and whether the kernel here alone decides about its
// locks.
#pragma once

namespace repolock::port {

struct Filesystem {
  const char *name = "";     // for people; "" for a local one that is not known by name
  bool is_remote = false;    // other hosts, or a process, may have a word in its locks
  bool is_volatile = false;  // empty after a restart of the machine
};

// 0, or an errno.
int filesystem_of(int fd, Filesystem *out);

}  // namespace repolock::port
