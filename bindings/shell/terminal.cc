#include "terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace repolock::shell {
namespace {

bool is_pipe(int fd) {
  struct stat facts;
  return fstat(fd, &facts) == 0 && (S_ISFIFO(facts.st_mode) || S_ISSOCK(facts.st_mode));
}

}  // namespace

Window window_of(int fd) {
  winsize size = {};
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
}

Terminal::Terminal() : fd_(open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)) {}

Terminal::~Terminal() {
  if (fd_ >= 0) close(fd_);
}

bool Terminal::foreground() const {
  return fd_ >= 0 && tcgetpgrp(fd_) == getpgrp();
}

bool Terminal::is_ours_alone() const {
  return foreground() && !is_pipe(STDIN_FILENO) && !is_pipe(STDOUT_FILENO);
}

void Terminal::give(pid_t group) const {
  tcsetpgrp(fd_, group);
}

void Terminal::take_back(pid_t group) const {
  if (fd_ >= 0 && tcgetpgrp(fd_) == group) tcsetpgrp(fd_, getpgrp());
}

}  // namespace repolock::shell
