// closing.cc - on the client's thread: the last news, and the end of the thread itself.
#include <utility>

#include "loop/client.h"
#include "port/clock.h"

namespace repolock::loop {

using core::Status;

// Callers' posts are refused from here on; those that were accepted come before the end, as the
// mailbox keeps their order.
void Client::close(core::Failure result) {
  if (phase_ != Phase::kOpen) return;
  phase_ = Phase::kClosing;
  {
    const std::lock_guard lock(mutex_);
    accepting_ = false;
    end_ = std::move(result);
  }
  loop_.post(std::move(farewell_));
}

// The DONE of a shutdown is the client's last event; whoever blocks in it goes on when the last
// callback and free_user_data have run.
void Client::tell_the_end() {
  for (const auto &[key, shutdown] : ops_) listeners_.erase(shutdown->listener(Op::Subject::kDone));
  while (!listeners_.empty()) end(*listeners_.begin());
  log_listener_.reset();
  for (const auto &[key, shutdown] : ops_) {
    const auto heard_by =
        shutdown->set_result(end_.status, copy_if_possible(end_.message), nullptr);
    if (heard_by.done) tell_done(shutdown, heard_by.done);
  }
  queue_.close();
  for (const auto &[key, shutdown] : ops_) shutdown->settle();
  ops_.clear();
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
    for (const OpPtr &late : std::exchange(late_shutdowns_, {})) late->settle();
  }
  phase_ = Phase::kTold;
  stop_when_idle();
}

// What nobody released lives on to its ttl, and with it this thread, where only this process can
// end it.
void Client::stop_when_idle() {
  if (phase_ != Phase::kTold) return;
  if (!broken_ && !engine_->idle(port::now_ms())) return;
  phase_ = Phase::kStopped;
  loop_.stop([this] { backend_.reset(); }, stop_at_);
}

// Memory ran out in the middle of something: what the engine knew is not relied on any more. Leases
// that only this process can end do so after the longest ttl, all at once.
void Client::break_down() {
  if (std::exchange(broken_, true)) return;
  if (engine_->has_leases() && (capabilities_ & core::kCanNeverExpire) != 0)
    stop_at_ = core::after(port::now_ms(), options_.max_ttl());
  heard_.clear();
  close({Status::kNoMemory, kOutOfMemory});
  for (auto next = ops_.begin(); next != ops_.end();) {
    const OpPtr op = (next++)->second;
    if (op->kind() != Op::Kind::kShutdown) finish(op, Status::kNoMemory, kOutOfMemory, nullptr);
  }
  for (const auto &[key, lease] : leases_) {
    core::Lost lost;
    lost.status = Status::kShutdown;
    lost.reason = core::LossReason::kShutdown;
    lost.message = kOutOfMemory;
    lost.valid_until = port::now_ms();
    const ListenerPtr listener = lease->lose(std::move(lost));
    if (!listener) continue;
    deliver_once(listener, listener->reserve);
    end(listener);
  }
  engine_->each_acquire([this](uint64_t request) { backend_->cancel(request); });
  stop_when_idle();
}

}  // namespace repolock::loop
