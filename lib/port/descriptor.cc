#include "port/descriptor.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace repolock::port {

int duplicate(int fd) {
  return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

int highest_of_new(int count) {
  if (count == 0) return -1;
  const int fd = eventfd(0, EFD_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  struct Closed {
    int fd;
    ~Closed() { close(fd); }
  } const closed{fd};
  return std::max(fd, highest_of_new(count - 1));
}

}  // namespace repolock::port
