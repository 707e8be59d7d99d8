#include "support/fake_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "support/listening.h"

namespace repolock::testing {

FakeServer::FakeServer(Kind kind)
    : listener_(kind == Kind::kUnix ? listen_unix(path()) : listen_tcp(&port_)) {}

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
  reset_connection(std::exchange(client_, -1));
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
