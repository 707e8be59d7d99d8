#include "support/listening.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <tuple>

namespace repolock::testing {

namespace {

constexpr int kBacklog = 128;
constexpr int kKind = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;

sockaddr_un address_of(const std::string &path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  return address;
}

}  // namespace

int listen_unix(const std::string &path) {
  const int fd = socket(AF_UNIX, kKind, 0);
  const sockaddr_un address = address_of(path);
  std::ignore = bind(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address);
  listen(fd, kBacklog);
  return fd;
}

int listen_tcp(uint16_t *port) {
  const int fd = socket(AF_INET, kKind, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  std::ignore = bind(fd, reinterpret_cast<sockaddr *>(&address), size);
  getsockname(fd, reinterpret_cast<sockaddr *>(&address), &size);
  *port = ntohs(address.sin_port);
  listen(fd, kBacklog);
  return fd;
}

int connect_unix(const std::string &path) {
  const int fd = socket(AF_UNIX, kKind, 0);
  const sockaddr_un address = address_of(path);
  if (connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

void reset_connection(int fd) {
  const linger at_once = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(fd);
}

}  // namespace repolock::testing
