// running.cc - on the client's thread: events into the engine, its commands carried out.
#include <utility>

#include "loop/client.h"
#include "port/clock.h"

namespace repolock::loop {

using core::Engine;
using core::Millis;
using core::Status;
using observe::Stat;

// ---- What the backend says ----

// From inside a timer, a watch or a post of the backend's the engine must not run at once: its
// commands would enter the backend a second time, or close it, under the feet of its own call.
// A backend may speak inside its own callback, with a mutex of its own in its hand: it must have
// returned before the engine's commands reach it.
void Client::hear(Event event) {
  if (!loop_.on_its_thread())
    loop_.post([this, event = std::move(event)] { tell_engine(event); });
  else if (pumping_)
    heard_.push_back(std::move(event));
  else
    loop_.later([this, event = std::move(event)] { tell_engine(event); });
}

void Client::answer(uint64_t request, core::BackendAnswer answer) {
  hear([request, answer = std::move(answer)](Engine &engine, Millis now) mutable {
    engine.answer(request, std::move(answer), now);
  });
}

void Client::waiting(uint64_t request, core::Rows rows) {
  hear([request, rows = std::move(rows)](Engine &engine, Millis now) mutable {
    engine.waiting(request, std::move(rows), now);
  });
}

void Client::wake(std::string repo) {
  hear([repo = std::move(repo)](Engine &engine, Millis now) { engine.wake(repo, now); });
}

void Client::revoked(std::string repo, std::string lease_id, core::LossReason reason,
                     std::string message) {
  hear([repo = std::move(repo), id = std::move(lease_id), reason, message = std::move(message)](
           Engine &engine, Millis now) { engine.revoked(repo, id, reason, message, now); });
}

void Client::log(core::LogLine line) {
  loop_.post([this, line = std::move(line)]() mutable { carry_out(line); });
}

// ---- The engine ----

// What comes from the backend while commands are carried out (it may answer inside submit) waits
// until they are through: the engine is never entered twice.
void Client::tell_engine(const Event &event) {
  if (broken_) return;
  if (pumping_) {
    heard_.push_back(event);
    return;
  }
  event(*engine_, port::now_ms());
  pump();
}

void Client::pump() {
  pumping_ = true;
  while (true) {
    auto commands = engine_->take_commands();
    for (core::Command &command : commands)
      std::visit([this](auto &one) { carry_out(one); }, command);
    if (heard_.empty()) {
      if (commands.empty()) break;
      continue;
    }
    const Event event = std::move(heard_.front());
    heard_.pop_front();
    event(*engine_, port::now_ms());
  }
  pumping_ = false;
  if (engine_->closed()) close(shutdown_result_);
  if (phase_ == Phase::kTold) stop_when_idle();
  if (phase_ != Phase::kStopped) loop_.timer_set(timer_, engine_->next_deadline());
}

// ---- Its commands ----

void Client::carry_out(core::Submit &command) {
  stats_.add(Stat::kBackendRequests);
  if (command.request.verb == core::Verb::kExtend)
    stats_.add(Stat::kRenewals, static_cast<int64_t>(command.request.claims.size()));
  backend_->submit(command.request);
}

void Client::carry_out(core::Withdraw &command) {
  backend_->cancel(command.request);
}

void Client::carry_out(core::Complete &command) {
  const auto found = ops_.find(command.op);
  if (found == ops_.end()) return;
  const OpPtr op = found->second;
  if (op->kind() == Op::Kind::kShutdown) {  // its DONE comes last of all
    shutdown_result_ = {command.status, std::move(command.message)};
    return;
  }
  if (const auto release = releases_.find(op->key()); release != releases_.end()) {
    release->second->set_release_result({command.status, command.message});
    stats_.add(command.status == Status::kOk ? Stat::kReleased : Stat::kReleaseFailures);
    releases_.erase(release);
  }
  LeasePtr lease;
  if (command.granted) {
    lease = std::make_shared<Lease>(std::move(*command.granted));
    leases_.emplace(lease->key(), lease);
  }
  if (command.rows) op->show_rows(std::move(*command.rows));
  if (op->kind() == Op::Kind::kAcquire) count(command);
  finish(op, command.status, std::move(command.message), std::move(lease));
}

void Client::carry_out(core::Waiting &command) {
  const auto found = ops_.find(command.op);
  if (found == ops_.end()) return;
  Op &op = *found->second;
  op.show_waiting(std::move(command.message), std::move(command.rows));
  if (const ListenerPtr listener = op.listener(Op::Subject::kWait)) {
    listener->told = true;
    deliver(listener, op.waiting_event(*listener));
  }
}

void Client::carry_out(core::Extended &command) {
  const auto found = leases_.find(command.lease);
  if (found == leases_.end()) return;
  if (!found->second->extend(command.valid_until, command.lost_at))
    tell_engine(
        [key = command.lease](Engine &engine, Millis now) { engine.noticed_lost(key, now); });
}

void Client::carry_out(core::Lost &command) {
  static constexpr Stat kReasons[] = {Stat::kLostExpired, Stat::kLostBroken,  Stat::kLostStolen,
                                      Stat::kLostData,    Stat::kLostMaxHold, Stat::kLostStalled,
                                      Stat::kLostShutdown};
  stats_.add(kReasons[static_cast<int32_t>(command.reason) - 1]);
  stats_.set(Stat::kLocksHeld, static_cast<int64_t>(engine_->held()));
  const auto found = leases_.find(command.lease);
  if (found == leases_.end()) return;
  const LeasePtr lease = found->second;
  if (const ListenerPtr listener = lease->lose(std::move(command))) tell_lost(lease, listener);
}

void Client::carry_out(core::Ended &command) {
  stats_.held_for(command.held);
  stats_.set(Stat::kLocksHeld, static_cast<int64_t>(engine_->held()));
  const auto found = leases_.find(command.lease);
  if (found == leases_.end()) return;
  if (const ListenerPtr listener = found->second->listener()) end(listener);
  leases_.erase(found);
}

void Client::carry_out(core::LogLine &command) {
  if (command.fields.front().second == "renewal_failed") stats_.add(Stat::kRenewalFailures);
  if (!log_listener_ || command.level > log_level_ || freed_) return;
  auto event = std::make_shared<loop::Event>();
  event->kind = EventKind::kLog;
  event->user_data = log_listener_->user_data;
  event->level = command.level;
  event->message = std::move(command.message);
  event->fields = std::move(command.fields);
  deliver(log_listener_, std::move(event));
}

void Client::count(const core::Complete &done) {
  stats_.set(Stat::kLocksHeld, static_cast<int64_t>(engine_->held()));
  stats_.set(Stat::kWaiters, static_cast<int64_t>(engine_->waiters()));
  switch (done.status) {
    case Status::kOk:
      stats_.add(Stat::kAcquired);
      if (done.waited) stats_.add(Stat::kAcquiredAfterWait);
      stats_.acquired_in(done.took);
      break;
    case Status::kTimeout:
      stats_.add(Stat::kTimeouts);
      break;
    case Status::kHeld:
      stats_.add(Stat::kHeld);
      break;
    case Status::kCanceled:
      stats_.add(Stat::kCanceled);
      break;
    case Status::kUnavailable:
      stats_.add(Stat::kUnavailable);
      break;
    case Status::kUnknown:
      stats_.add(Stat::kUnknown);
      break;
    default:
      stats_.add(Stat::kOtherFailures);
      break;
  }
}

// ---- Who hears of it ----

void Client::finish(const OpPtr &op, Status status, std::string message, LeasePtr lease) {
  const core::LeaseKey key = lease ? lease->key() : 0;
  const Op::Listeners heard_by = op->set_result(status, std::move(message), std::move(lease));
  op->settle();
  ops_.erase(op->key());
  if (heard_by.done) tell_done(op, heard_by.done);
  if (heard_by.wait) end(heard_by.wait);
  if (key != 0 && !heard_by.lease_wanted)
    tell_engine([key](Engine &engine, Millis now) { engine.release(0, key, now); });
}

void Client::tell_done(const OpPtr &op, const ListenerPtr &listener) {
  if (!listener->told) deliver_once(listener, op->done_event(*listener));
  end(listener);
}

void Client::tell_lost(const LeasePtr &lease, const ListenerPtr &listener) {
  if (!listener->told)
    deliver_once(listener, broken_ ? EventPtr(listener->reserve)
                                   : lease->lost_event(*listener, port::now_ms()));
  end(listener);
}

void Client::deliver(const ListenerPtr &listener, EventPtr event) {
  if (listener->muted || listener->ended || !event) return;
  if (listener->callback)
    listener->callback(event);
  else if (!queue_.push(listener, std::move(event)))
    stats_.add(Stat::kLogDropped);
}

void Client::deliver_once(const ListenerPtr &listener, EventPtr event) {
  if (!std::exchange(listener->told, true)) deliver(listener, std::move(event));
}

void Client::end(const ListenerPtr &listener) {
  // The set may hold the last one. NOLINTNEXTLINE(performance-unnecessary-copy-initialization)
  const ListenerPtr keep = listener;
  listeners_.erase(keep);
  keep->end();
}

}  // namespace repolock::loop
