// socket.h - one stream socket that never blocks: system calls, and their failures in words.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backend/host/failure.h"
#include "backend/redis/address.h"

namespace repolock::backend::redis {

// Where to connect to.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};
using SocketAddresses = std::vector<SocketAddress>;

// Of a unix path, or a host that is written as numbers. Nothing: it is a name, to be looked up.
std::optional<Result<SocketAddresses>> address_without_lookup(const Endpoint &server);

void set_port(SocketAddress *address, uint16_t port);

// What an errno means for the way to that server, and its remedy.
Failure failure_of(int error, const std::string &server);

// Not inherited by a child, neither by exec nor by fork: a copy there would keep the connection open
// after this process has let it go.
class Socket {
 public:
  Socket() = default;
  ~Socket() { close(); }
  Socket(const Socket &) = delete;
  Socket &operator=(const Socket &) = delete;

  // Begins to connect. 0: done; EINPROGRESS: it is writable when error() knows; else an errno.
  // Throws std::bad_alloc.
  int connect(const SocketAddress &to);
  void close();
  int fd() const { return fd_; }
  int error() const;  // what became of connect; 0: it is connected

  // As send(2) and recv(2), without SIGPIPE, and without EINTR.
  ssize_t send(const char *bytes, size_t size) const;
  ssize_t receive(char *bytes, size_t size) const;

 private:
  int open(int family);
  bool is_its_own_peer() const;

  int fd_ = -1;
};

}  // namespace repolock::backend::redis
