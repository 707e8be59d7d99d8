#include "signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "exit_codes.h"
#include "failure.h"

namespace repolock::shell {
namespace {

constexpr int kEnding[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
constexpr int kOther[] = {SIGTSTP, SIGCONT, SIGWINCH};

void add_unless_ignored(sigset_t *set, int signo) {
  struct sigaction now;
  if (sigaction(signo, nullptr, &now) == 0 && now.sa_handler != SIG_IGN) sigaddset(set, signo);
}

}  // namespace

Signals::Signals(std::initializer_list<int> also_blocked) {
  sigset_t watched;
  sigemptyset(&watched);
  for (const int signo : kEnding) add_unless_ignored(&watched, signo);
  for (const int signo : kOther) add_unless_ignored(&watched, signo);
  fd_ = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd_ < 0) {
    throw Failure{kExitInternal, std::string("cannot watch for signals: ") + std::strerror(errno)};
  }

  sigset_t blocked = watched;
  for (const int signo : also_blocked) sigaddset(&blocked, signo);
  sigprocmask(SIG_BLOCK, &blocked, &before_);

  // Were children ignored, nobody would learn how the command ended.
  struct sigaction plain = {};
  plain.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &plain, &child_before_);
}

Signals::~Signals() {
  close(fd_);
}

int Signals::next() const {
  signalfd_siginfo info;
  return read(fd_, &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
}

void Signals::restore() const {
  sigaction(SIGCHLD, &child_before_, nullptr);
  sigprocmask(SIG_SETMASK, &before_, nullptr);
}

bool Signals::stop_group(int signo) const {
  sigset_t stop, pending;
  sigemptyset(&stop);
  sigaddset(&stop, signo);
  kill(0, signo);
  sigprocmask(SIG_UNBLOCK, &stop, nullptr);  // stopped here
  sigprocmask(SIG_BLOCK, &stop, nullptr);
  // Whoever was stopped got SIGCONT, and will find it in fd().
  return sigpending(&pending) == 0 && sigismember(&pending, SIGCONT) == 1;
}

void Signals::die_interrupted() const {
  sigset_t interrupt;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  kill(getpid(), SIGINT);
  sigprocmask(SIG_UNBLOCK, &interrupt, nullptr);
  _exit(kExitSignal + SIGINT);
}

bool is_ending(int signo) {
  for (const int each : kEnding) {
    if (each == signo) return true;
  }
  return false;
}

}  // namespace repolock::shell
