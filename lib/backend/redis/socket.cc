#include "backend/redis/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <system_error>

#include "port/fork.h"

namespace repolock::backend::redis {

namespace {

template <class Address>
SocketAddress made_of(const Address &address) {
  SocketAddress out;
  std::memcpy(&out.storage, &address, sizeof address);
  out.size = sizeof address;
  return out;
}

Result<SocketAddresses> unix_address(const std::string &path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return Failure{REPOLOCK_E_INVALID, "unix:" + path + ": the path of a unix socket has at most " +
                                           std::to_string(sizeof address.sun_path - 1) +
                                           " bytes; give it a shorter one"};
  std::memcpy(address.sun_path, path.data(), path.size());
  return SocketAddresses{made_of(address)};
}

struct Remedy {
  repolock_status_t status;
  const char *words;
};

Remedy remedy_of(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return {REPOLOCK_E_DENIED, "give this user the right to the socket"};
    case ECONNREFUSED:
      return {REPOLOCK_E_UNAVAILABLE, "start the server, or correct the URL"};
    case ENOENT:
      return {REPOLOCK_E_UNAVAILABLE, "start the server, or correct the path in the URL"};
    case EAGAIN:
      return {REPOLOCK_E_UNAVAILABLE, "the server accepts nobody: look at its log"};
    case ECONNRESET:
    case EPIPE:
      return {REPOLOCK_E_UNAVAILABLE, "the server ended the connection: look at its log"};
    case EMFILE:
      return {REPOLOCK_E_UNAVAILABLE, "raise the process's limit of open files (ulimit -n)"};
    case ENFILE:
      return {REPOLOCK_E_UNAVAILABLE, "raise the system's limit of open files (fs.file-max)"};
    case EAFNOSUPPORT:
      return {REPOLOCK_E_UNAVAILABLE, "this system has no such network: use another address"};
    default:
      return {REPOLOCK_E_UNAVAILABLE, "check that server and the network between"};
  }
}

}  // namespace

std::optional<Result<SocketAddresses>> address_without_lookup(const Endpoint &server) {
  if (!server.path.empty()) return unix_address(server.path);
  SocketAddress address;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (inet_pton(AF_INET, server.host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    address = made_of(v4);
  } else if (inet_pton(AF_INET6, server.host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    address = made_of(v6);
  } else {
    return std::nullopt;
  }
  set_port(&address, server.port);
  return SocketAddresses{address};
}

void set_port(SocketAddress *address, uint16_t port) {
  if (address->storage.ss_family == AF_INET)
    reinterpret_cast<sockaddr_in *>(&address->storage)->sin_port = htons(port);
  if (address->storage.ss_family == AF_INET6)
    reinterpret_cast<sockaddr_in6 *>(&address->storage)->sin6_port = htons(port);
}

Failure failure_of(int error, const std::string &server) {
  const Remedy remedy = remedy_of(error);
  return {remedy.status,
          server + ": " + std::generic_category().message(error) + "; " + remedy.words};
}

int Socket::open(int family) {
  close();
  const port::ForkGuard no_fork;
  fd_ = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0) return errno;
  if (port::close_in_child(fd_)) return 0;
  ::close(fd_);
  fd_ = -1;
  throw std::bad_alloc();
}

int Socket::connect(const SocketAddress &to) {
  if (const int error = open(to.storage.ss_family); error != 0) return error;
  if (to.storage.ss_family != AF_UNIX) {
    const int on = 1;  // where it cannot be had, all goes on without
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd_, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  }
  const auto *address = reinterpret_cast<const sockaddr *>(&to.storage);
  if (::connect(fd_, address, to.size) == 0) return error();
  return errno == EINTR ? EINPROGRESS : errno;
}

void Socket::close() {
  if (fd_ < 0) return;
  const port::ForkGuard no_fork;
  port::forget_in_child(fd_);
  ::close(fd_);
  fd_ = -1;
}

int Socket::error() const {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error == 0 && is_its_own_peer() ? ECONNREFUSED : error;
}

// Where nobody listens on a port of this machine, TCP may have the socket meet itself: if the kernel
// happened to give it that very port.
bool Socket::is_its_own_peer() const {
  sockaddr_storage own{}, peer{};
  socklen_t own_size = sizeof own, peer_size = sizeof peer;
  return getsockname(fd_, reinterpret_cast<sockaddr *>(&own), &own_size) == 0 &&
         getpeername(fd_, reinterpret_cast<sockaddr *>(&peer), &peer_size) == 0 &&
         own.ss_family != AF_UNIX && own_size == peer_size &&
         std::memcmp(&own, &peer, own_size) == 0;
}

ssize_t Socket::send(const char *bytes, size_t size) const {
  ssize_t sent = -1;
  do sent = ::send(fd_, bytes, size, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent;
}

ssize_t Socket::receive(char *bytes, size_t size) const {
  ssize_t got = -1;
  do got = recv(fd_, bytes, size, 0);
  while (got < 0 && errno == EINTR);
  return got;
}

}  // namespace repolock::backend::redis
