#include "guardian.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "children.h"
#include "exit_codes.h"

namespace repolock::shell {
namespace {

void report(int socket, Report::Kind kind, int32_t value) {
  const Report text = {kind, value};
  while (send(socket, &text, sizeof text, MSG_NOSIGNAL) < 0 && errno == EINTR) continue;
}

[[noreturn]] void become_command(const GuardianPlan &plan, pid_t guardian) {
  const pid_t self = getpid();
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // should both die at once, the command at least dies with them
  if (getppid() != guardian) _exit(kExitInternal);
  if (plan.terminal >= 0) tcsetpgrp(plan.terminal, self);
  // Told by the command itself: nothing of it runs before its group is known.
  report(plan.socket, Report::kStarted, self);
  plan.signals->restore();
  execvpe(plan.arguments[0], plan.arguments, plan.environment);
  report(plan.socket, Report::kFailed, errno);
  _exit(kExitNotFound);
}

class Guardian {
 public:
  Guardian(const GuardianPlan &plan, pid_t command, int child_signals)
      : socket_(plan.socket), command_(command), child_signals_(child_signals) {}

  [[noreturn]] void watch() {
    for (;;) {
      pollfd ready[] = {{socket_, POLLIN, 0}, {child_signals_, POLLIN, 0}};
      if (poll(ready, 2, -1) < 0) continue;
      if (ready[0].revents) obey();
      if (ready[1].revents) reap();
    }
  }

 private:
  [[noreturn]] void obey() {
    char order;
    ssize_t size;
    while ((size = recv(socket_, &order, 1, 0)) < 0 && errno == EINTR) continue;
    if (size != 1) kill_all();  // `repolock run` is dead, or wants it so
    _exit(kExitDone);
  }

  // Until the kernel says that nobody is left: a process deep in a write dies only after it. The
  // command's group first; what left the group, such as the jobs of a shell, comes to us when its
  // parent has died.
  void kill_all() {
    for (;;) {
      const bool group = !empty_ && (kill(-command_, SIGKILL) == 0 || errno == EPERM);
      if (!kill_children(kGuardianName) && !group) break;
      pollfd ready = {child_signals_, POLLIN, 0};
      poll(&ready, 1, 10);
      reap();
    }
    tell_if_empty();
  }

  // Also of those whose parent died: the guardian is their next of kin.
  void reap() {
    signalfd_siginfo info;
    while (read(child_signals_, &info, sizeof info) > 0) continue;
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0;) {
      if (pid != command_) continue;
      ended_ = !WIFSTOPPED(status);
      if (ended_) {
        report(socket_, Report::kEnded, status);
      } else {
        report(socket_, Report::kStopped, WSTOPSIG(status));
      }
    }
    tell_if_empty();
  }

  void tell_if_empty() {
    if (!ended_ || empty_ || kill(-command_, 0) == 0 || errno != ESRCH) return;
    empty_ = true;
    report(socket_, Report::kEmpty, 0);
  }

  const int socket_;
  const pid_t command_;
  const int child_signals_;
  bool ended_ = false;
  bool empty_ = false;  // from then on its number may be somebody else's
};

}  // namespace

void guard(const GuardianPlan &plan) {
  sigset_t all, child;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  setpgid(0, 0);
  prctl(PR_SET_NAME, kGuardianName);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const int child_signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  const pid_t self = getpid();
  const pid_t command = child_signals < 0 ? -1 : fork();
  if (command == 0) become_command(plan, self);
  if (command < 0) {
    report(plan.socket, Report::kFailed, errno);
    _exit(kExitInternal);
  }
  setpgid(command, command);  // whoever comes first: it must never be killed as part of our group
  Guardian(plan, command, child_signals).watch();
}

}  // namespace repolock::shell
