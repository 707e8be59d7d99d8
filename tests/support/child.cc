#include "support/child.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace repolock::testing {

namespace {

constexpr int kPatienceMs = 20'000;

}  // namespace

Child::Child(const std::function<int(Child &parent)> &body) {
  int ends[2] = {-1, -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return;
  pid_ = fork();
  if (pid_ == 0) {
    close(ends[0]);
    socket_ = ends[1];
    _exit(body(*this));
  }
  close(ends[1]);
  socket_ = ends[0];
}

Child::~Child() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    wait();
  }
  close(socket_);
}

void Child::say(char letter) {
  [[maybe_unused]] const ssize_t sent = send(socket_, &letter, 1, MSG_NOSIGNAL);
}

char Child::hear() {
  pollfd ready = {socket_, POLLIN, 0};
  char letter = 0;
  if (poll(&ready, 1, kPatienceMs) != 1 || read(socket_, &letter, 1) != 1) return 0;
  return letter;
}

bool Child::has_said() const {
  pollfd ready = {socket_, POLLIN, 0};
  return poll(&ready, 1, 0) == 1;
}

void Child::kill(int signal) {
  ::kill(pid_, signal);
}

void Child::stop() {
  ::kill(pid_, SIGSTOP);
  await_stop();
}

void Child::await_stop() {
  int status = 0;
  waitpid(pid_, &status, WUNTRACED);
}

int Child::wait() {
  int status = 0;
  if (waitpid(pid_, &status, 0) != pid_) return -1000;
  pid_ = 0;
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace repolock::testing
