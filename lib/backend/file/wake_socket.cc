#include "backend/file/wake_socket.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <new>

#include "backend/file/wake_path.h"
#include "port/fork.h"

namespace repolock::backend::file {

bool WakeSocket::create() {
  if (fd_ >= 0) return true;
  const port::ForkGuard no_fork;
  fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0) return false;
  if (port::close_in_child(fd_)) return true;
  ::close(fd_);
  fd_ = -1;
  errno = ENOMEM;
  return false;
}

void WakeSocket::close() {
  watch_.stop();
  if (id_ != 0) unlinkat(directory_.wake_fd(), wake_name(id_).text, 0);
  id_ = 0;
  if (fd_ < 0) return;
  const port::ForkGuard no_fork;
  port::forget_in_child(fd_);
  ::close(fd_);
  fd_ = -1;
}

uint64_t WakeSocket::id() {
  if (has_tried_ && directory_opening_ == directory_.opening()) return id_;
  close();
  has_tried_ = true;
  directory_opening_ = directory_.opening();
  sweep_wake_directory(directory_);
  if (const auto fault = bind())
    host_.log(REPOLOCK_LOG_WARN, "wake_socket_failed",
              fault->message + "; until then a hand-over to this client takes seconds");
  return id_;
}

Fault WakeSocket::bind() {
  if (!create()) return failure_of(errno, "make a socket for", directory_.path());
  uint64_t id = host_.random_number();
  for (int i = 0; i < 8 && id != 0; ++i, id = host_.random_number()) {
    const WakePath path(directory_, id);
    if (::bind(fd_, path.address(), path.size()) == 0) break;
    if (errno != EADDRINUSE)
      return failure_of(errno, "bind a socket in", directory_.path() + "/wake");
  }
  if (id == 0)
    return Failure{REPOLOCK_E_UNAVAILABLE, "the kernel gives no random numbers; look at its log"};
  id_ = id;
  directory_.share(directory_.wake_fd(), wake_name(id).text);
  if (!watch_.start(host_, fd_, on_readable, this)) {
    close();
    return Failure{REPOLOCK_E_NOMEM, "cannot watch the socket in " + directory_.path() +
                                         "/wake; try again with more memory"};
  }
  return std::nullopt;
}

Fault WakeSocket::check() {
  if (id() != 0) return std::nullopt;
  has_tried_ = false;
  close();
  auto fault = bind();
  has_tried_ = true;
  return fault;
}

bool WakeSocket::tell(uint64_t id, Message message, const std::string &repo) {
  if (id == 0 || !create()) return true;  // it will look by itself
  const std::string text = static_cast<char>(message) + repo;
  const WakePath path(directory_, id);
  if (sendto(fd_, text.data(), text.size(), MSG_DONTWAIT, path.address(), path.size()) >= 0)
    return true;
  if (errno == ECONNREFUSED) {
    unlinkat(directory_.wake_fd(), wake_name(id).text, 0);
    return false;
  }
  // A full queue is as good as a message: whoever empties it looks around.
  return errno != ENOENT;
}

void WakeSocket::on_readable(void *self, int32_t) {
  auto &socket = *static_cast<WakeSocket *>(self);
  try {
    socket.drain();
  } catch (const std::bad_alloc &) {
    socket.heard_(Message::kLookAround, "");  // what was in the message is lost
  }
}

void WakeSocket::drain() {
  constexpr int kMost = 64;  // then others have a turn on this thread
  constexpr int kMany = 8;   // a queue (net.unix.max_dgram_qlen) is longer than this
  char text[1024];
  int count = 0;
  for (ssize_t size; count < kMost; ++count) {
    if ((size = recv(fd_, text, sizeof text, MSG_DONTWAIT)) <= 0) break;
    heard_(static_cast<Message>(text[0]), std::string(text + 1, static_cast<size_t>(size) - 1));
  }
  if (count >= kMany) heard_(Message::kLookAround, "");
}

}  // namespace repolock::backend::file
