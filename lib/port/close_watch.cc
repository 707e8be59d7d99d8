#include "port/close_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>

#include "port/fork.h"

namespace repolock::port {

int CloseWatch::open() {
  if (fd_ >= 0) return 0;
  ForkGuard no_fork;
  fd_ = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd_ < 0) return errno;
  if (close_in_child(fd_)) return 0;
  ::close(fd_);
  fd_ = -1;
  return ENOMEM;
}

void CloseWatch::close() {
  if (fd_ < 0) return;
  ForkGuard no_fork;
  forget_in_child(fd_);
  ::close(fd_);
  fd_ = -1;
}

int CloseWatch::add(const char *path, int *id) {
  *id = inotify_add_watch(fd_, path, IN_CLOSE_WRITE | IN_DONT_FOLLOW);
  return *id < 0 ? errno : 0;
}

void CloseWatch::remove(int id) {
  inotify_rm_watch(fd_, id);
}

size_t CloseWatch::read_pieces(Piece (&pieces)[kPieces]) {
  // The events of a watched file carry no name, so each is as long as the struct.
  inotify_event events[kPieces];
  const ssize_t size = ::read(fd_, events, sizeof events);
  const size_t count = size <= 0 ? 0 : static_cast<size_t>(size) / sizeof(inotify_event);
  for (size_t i = 0; i < count; ++i)
    pieces[i] = {(events[i].mask & IN_Q_OVERFLOW) != 0 ? -1 : events[i].wd,
                 (events[i].mask & IN_IGNORED) != 0};
  return count;
}

}  // namespace repolock::port
