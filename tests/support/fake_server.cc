#include "support/fake_server.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <tuple>

namespace repolock::testing {

FakeServer::FakeServer(Kind kind) {
  const bool is_unix = kind == Kind::kUnix;
  listener_ = socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (is_unix) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string text = path();
    std::memcpy(address.sun_path, text.c_str(), text.size());
    std::ignore = bind(listener_, reinterpret_cast<sockaddr *>(&address), sizeof address);
  } else {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    std::ignore = bind(listener_, reinterpret_cast<sockaddr *>(&address), size);
    getsockname(listener_, reinterpret_cast<sockaddr *>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  listen(listener_, 16);
}

FakeServer::~FakeServer() {
  hang_up();
  stop_listening();
}

void FakeServer::stop_listening() {
  if (listener_ >= 0) close(listener_);
  listener_ = -1;
}

bool FakeServer::accept() {
  const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return false;
  hang_up();
  client_ = fd;
  return true;
}

void FakeServer::hang_up() {
  if (client_ >= 0) close(client_);
  client_ = -1;
  heard_.clear();
}

void FakeServer::reset() {
  const linger at_once = {1, 0};
  setsockopt(client_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  hang_up();
}

void FakeServer::say(const std::string &bytes) {
  [[maybe_unused]] const auto sent = send(client_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

const std::string &FakeServer::heard() {
  char bytes[65536];
  for (ssize_t size = 0; client_ >= 0; heard_.append(bytes, static_cast<size_t>(size)))
    if ((size = recv(client_, bytes, sizeof bytes, 0)) <= 0) break;
  return heard_;
}

bool FakeServer::is_left() {
  char byte = 0;
  return recv(client_, &byte, 1, MSG_PEEK) == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

}  // namespace repolock::testing
