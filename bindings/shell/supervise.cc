#include "supervise.h"

#include <poll.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "clock.h"
#include "console.h"
#include "duration.h"
#include "failure.h"
#include "loss.h"

namespace repolock::shell {
namespace {

class Supervisor {
 public:
  Supervisor(const Holding &holding, const CommandLine &line)
      : holding_(holding),
        name_(line.arguments[0]),
        in_front_(holding.terminal.is_ours_alone()),
        command_(line, holding.signals, in_front_ ? holding.terminal.fd() : -1,
                 repolock_lease_inherit_fd(holding.lease.get())) {
    // What was lost already is told at once, as an event.
    repolock_lease_on_lost(holding.lease.get(), nullptr, nullptr, nullptr);
  }

  Outcome watch() {
    while (!finished()) {
      pollfd ready[] = {{command_.fd(), POLLIN, 0},
                        {holding_.signals.fd(), POLLIN, 0},
                        {repolock_event_fd(holding_.client.get()), POLLIN, 0}};
      poll(ready, 3, timeout());
      if (ready[2].revents) look_for_loss();
      if (ready[1].revents) forward(holding_.signals.next());
      if (ready[0].revents) learn(command_.next());
      if (kill_at_ >= 0 && now_ms() >= kill_at_) kill();
    }
    if (stopping_) {
      command_.kill();  // also what has left its group
    } else {
      command_.leave();
    }
    command_.join();
    holding_.terminal.take_back(command_.group());
    return outcome();
  }

 private:
  // One that is stopped for a lost lock leaves nothing at work; else its background may live on.
  bool finished() const { return stopping_ ? empty_ : ended_; }

  int timeout() const {
    return kill_at_ < 0 ? -1
                        : static_cast<int>(std::clamp<int64_t>(kill_at_ - now_ms(), 0, 60'000));
  }

  void learn(std::optional<Report> report) {
    if (!report) return guardian_died();
    switch (report->kind) {
      case Report::kFailed:
        exec_error_ = report->value;
        break;
      case Report::kStopped:
        suspend(report->value);
        break;
      case Report::kEnded:
        ended_ = true;
        wait_status_ = report->value;
        break;
      case Report::kEmpty:
        empty_ = true;
        break;
      case Report::kStarted:
        break;
    }
  }

  [[noreturn]] void guardian_died() {
    command_.kill_without_guardian();
    holding_.terminal.take_back(command_.group());
    throw Failure{kExitInternal,
                  "the guardian of the command was killed, so the command was killed too, with all "
                  "that it had started"};
  }

  void forward(int signo) {
    if (signo == SIGCONT) return resume();
    if (signo && !ended_) command_.signal(signo);
  }

  // The command was stopped from the terminal (Ctrl-Z), or waits for its turn at it.
  void suspend(int signo) {
    if (stopping_) return;  // SIGKILL comes
    const bool wants_terminal = signo == SIGTTIN || signo == SIGTTOU;
    if (wants_terminal && holding_.terminal.foreground()) {
      in_front_ = true;
      return resume();
    }
    if (!wants_terminal && signo != SIGTSTP) return;  // a SIGSTOP: the lock is renewed on
    holding_.terminal.take_back(command_.group());
    const bool was_stopped = holding_.signals.stop_group(signo);
    // Where it was, SIGCONT has come, and resumes the command too.
    if (!was_stopped && signo == SIGTSTP) resume();
  }

  void resume() {
    if (ended_) return;
    look_for_loss();  // before the command goes on: the lock may have gone during the sleep
    if (in_front_ && holding_.terminal.foreground()) holding_.terminal.give(command_.group());
    command_.signal(SIGCONT);
  }

  // The event wakes us up; after a sleep of this process the status knows earlier.
  void look_for_loss() {
    repolock_event_t *next = nullptr;
    while (repolock_event_next(holding_.client.get(), 0, &next) == REPOLOCK_OK) {
      const Event event(next);
      if (repolock_event_kind(next) == REPOLOCK_EVENT_LOST) lose();
    }
    if (repolock_lease_status(holding_.lease.get()) != REPOLOCK_OK) lose();
  }

  void lose() {
    if (lost_ || ended_) return;
    lost_ = true;
    stopping_ = holding_.run.on_lost == OnLost::kTerm;
    const int64_t grace = grace_ms(repolock_lease_remaining_ms(holding_.lease.get()), holding_.run);
    if (holding_.run.on_lost != OnLost::kIgnore) {
      tell_loss(holding_.common, holding_.repo, repolock_lease_message(holding_.lease.get()),
                stopping_ ? grace : -1);
    }
    if (!stopping_) return;
    kill_at_ = now_ms() + grace;
    command_.signal(SIGTERM);
    command_.signal(SIGCONT);  // one that is stopped would not hear
  }

  void kill() {
    kill_at_ = -1;
    command_.kill();
  }

  Outcome outcome() const {
    if (stopping_) return {.exit_code = kExitLost, .lost = true};
    if (exec_error_) {
      throw Failure{exec_error_ == ENOENT ? kExitNotFound : kExitCannotExecute,
                    "cannot execute " + name_ + ": " + std::strerror(exec_error_)};
    }
    if (!WIFSIGNALED(wait_status_)) return {.exit_code = WEXITSTATUS(wait_status_), .lost = lost_};
    const int signo = WTERMSIG(wait_status_);
    const bool interrupted = signo == SIGINT && holding_.terminal.foreground();
    // The terminal told the command alone; a script around us is to hear of it as well.
    if (interrupted && in_front_) ::kill(0, SIGINT);
    return {.exit_code = kExitSignal + signo, .lost = lost_, .interrupted = interrupted};
  }

  const Holding &holding_;
  const std::string name_;
  bool in_front_;  // the command has the terminal whenever we could have it
  Command command_;
  int64_t kill_at_ = -1;
  bool lost_ = false;
  bool stopping_ = false;  // because it is lost
  bool ended_ = false;
  bool empty_ = false;
  int wait_status_ = 0;
  int exec_error_ = 0;
};

}  // namespace

Outcome supervise(const Holding &holding, const CommandLine &line) {
  return Supervisor(holding, line).watch();
}

}  // namespace repolock::shell
