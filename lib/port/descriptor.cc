#include "port/descriptor.h"

#include <fcntl.h>

namespace repolock::port {

int duplicate(int fd) {
  return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

}  // namespace repolock::port
