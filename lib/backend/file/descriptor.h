// descriptor.h - an open file description of one lock file: the owner of its locks in the kernel.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

#include "backend/file/failure.h"

namespace repolock::backend::file {

// Closed by its destructor, and by the kernel in a child that does not exec; never unlocked there.
class Descriptor {
 public:
  Descriptor() = default;  // none
  ~Descriptor() { close(); }
  Descriptor(Descriptor &&other) noexcept { *this = std::move(other); }
  Descriptor &operator=(Descriptor &&other) noexcept;

  // Of a regular file. 0, or an errno: ENOTSUP for anything else, ELOOP for a symbolic link.
  static int open(int directory, const std::string &path, int flags, mode_t mode, Descriptor *out);

  void close();

  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  ino_t inode() const { return inode_; }
  bool is_file(dev_t device, ino_t inode) const { return device == device_ && inode == inode_; }

 private:
  int fd_ = -1;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace repolock::backend::file
