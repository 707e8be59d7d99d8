#include "backend/file/descriptor.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "port/fork.h"

namespace repolock::backend::file {

Descriptor &Descriptor::operator=(Descriptor &&other) noexcept {
  if (this == &other) return *this;
  close();
  fd_ = std::exchange(other.fd_, -1);
  device_ = other.device_;
  inode_ = other.inode_;
  return *this;
}

int Descriptor::open(int directory, const std::string &path, int flags, mode_t mode,
                     Descriptor *out) {
  Descriptor opened;
  {
    const port::ForkGuard no_fork;
    const int fd = openat(directory, path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0) return errno;
    if (!port::close_in_child(fd)) {
      ::close(fd);
      return ENOMEM;
    }
    opened.fd_ = fd;
  }
  struct stat about {};
  if (fstat(opened.fd_, &about) != 0) return errno;
  if (!S_ISREG(about.st_mode)) return ENOTSUP;
  opened.device_ = about.st_dev;
  opened.inode_ = about.st_ino;
  *out = std::move(opened);
  return 0;
}

void Descriptor::close() {
  if (fd_ < 0) return;
  const port::ForkGuard no_fork;
  port::forget_in_child(fd_);
  ::close(std::exchange(fd_, -1));
}

}  // namespace repolock::backend::file
