#include "acquire.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>

#include "clock.h"
#include "conflict.h"
#include "failure.h"
#include "nested.h"
#include "wait_line.h"

namespace repolock::shell {
namespace {

// One place in the queue.
class Attempt {
 public:
  Attempt(const Asking &asking, int64_t wait_ms, WaitLine &line) : asking_(asking), line_(line) {
    Request request(repolock_request_new());
    const RunOptions &run = asking.run;
    repolock_request_set_wait(request.get(), wait_ms);
    repolock_request_set_shared(request.get(), run.shared);
    repolock_request_set_holder(request.get(), run.label.data(), run.label.size());
    if (run.ttl_ms) repolock_request_set_ttl(request.get(), *run.ttl_ms);
    if (run.max_hold_ms) repolock_request_set_max_hold(request.get(), *run.max_hold_ms);
    repolock_op_t *op = nullptr;
    const auto started = repolock_acquire_start(asking.client.get(), asking.repo.data(),
                                                asking.repo.size(), request.get(), &op);
    if (started != REPOLOCK_OK) {
      throw Failure{exit_code_of(started), repolock_status_name(started), started};
    }
    op_.reset(op);
    repolock_op_on_wait(op, nullptr, nullptr, nullptr);
    repolock_op_on_done(op, nullptr, nullptr, nullptr);
  }

  // Until it is decided (0), or a signal came.
  int wait() {
    while (!done()) {
      pollfd ready[] = {{asking_.signals.fd(), POLLIN, 0},
                        {repolock_event_fd(asking_.client.get()), POLLIN, 0}};
      poll(ready, 2, line_.timeout(now_ms()));
      drain_events();
      if (done()) break;
      const int signo = asking_.signals.next();
      if (signo == SIGTSTP || is_ending(signo)) return signo;
      if (signo == SIGWINCH) line_.resize();
      line_.refresh(now_ms());
    }
    return 0;
  }

  Lease take() {
    const auto status = repolock_op_status(op_.get());
    if (status != REPOLOCK_OK) throw conflict(asking_.common, asking_.run, asking_.repo, op_);
    repolock_lease_t *lease = nullptr;
    repolock_op_take_lease(op_.get(), &lease);
    return Lease(lease);
  }

  // When it returns the place, or what was won at the last moment, is somebody else's.
  void leave() {
    repolock_op_cancel(op_.get());
    if (repolock_op_wait(op_.get(), -1) == REPOLOCK_OK) take();
  }

 private:
  bool done() const { return repolock_op_status(op_.get()) != REPOLOCK_E_PENDING; }

  void drain_events() {
    repolock_event_t *next = nullptr;
    while (repolock_event_next(asking_.client.get(), 0, &next) == REPOLOCK_OK) {
      const Event event(next);
      if (repolock_event_kind(next) != REPOLOCK_EVENT_WAITING) continue;
      repolock_snapshot_t *snapshot = nullptr;
      if (repolock_op_snapshot(op_.get(), &snapshot) != REPOLOCK_OK) continue;
      const RepoRows rows = rows_of_repo(asking_.repo, rows_of(Snapshot(snapshot)));
      refuse_nested(rows);
      line_.update(rows, now_ms());
    }
  }

  const Asking &asking_;
  WaitLine &line_;
  Op op_;
};

}  // namespace

Obtained acquire(const Asking &asking) {
  const int64_t start = now_ms();
  WaitLine line(asking.common, asking.repo, isatty(STDERR_FILENO) && asking.terminal.foreground(),
                start);
  for (int64_t wait_ms = asking.run.wait_ms;;) {
    int signo;
    {
      Attempt attempt(asking, wait_ms, line);
      signo = attempt.wait();
      if (signo == 0) {
        line.clear();
        return {.lease = attempt.take(), .signo = 0};
      }
      attempt.leave();
    }
    line.clear();
    if (signo != SIGTSTP) return {.lease = nullptr, .signo = signo};
    // Ctrl-Z: one who sleeps must not stand in the queue, or become the holder without knowing it.
    asking.signals.stop_group(SIGTSTP);
    if (wait_ms > 0) wait_ms = std::max<int64_t>(asking.run.wait_ms - (now_ms() - start), 0);
  }
}

}  // namespace repolock::shell
