#include "loop/op.h"

#include <chrono>
#include <utility>

namespace repolock::loop {

using core::Status;

Status Op::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

// The text never changes again once it is there, so it may be borrowed.
const char *Op::message() const {
  const std::lock_guard lock(mutex_);
  return status_ == Status::kPending ? "" : message_.c_str();
}

Status Op::wait(core::Millis timeout) {
  std::unique_lock lock(mutex_);
  const auto done = [&] { return settled_; };
  if (timeout == core::kForever)
    settled_cond_.wait(lock, done);
  else if (!settled_cond_.wait_for(lock, std::chrono::milliseconds(timeout), done))
    return Status::kPending;
  return status_;
}

Status Op::take_lease(LeasePtr *out) {
  const std::lock_guard lock(mutex_);
  if (status_ == Status::kPending) return Status::kPending;
  if (!lease_) return Status::kInvalid;
  *out = std::move(lease_);
  lease_.reset();
  return Status::kOk;
}

std::shared_ptr<const core::Rows> Op::rows() const {
  const std::lock_guard lock(mutex_);
  return rows_;
}

bool Op::listen(Subject subject, const ListenerPtr &listener, bool *complete) {
  const std::lock_guard lock(mutex_);
  ListenerPtr &place = subject == Subject::kDone ? done_ : wait_;
  if (place) return false;
  place = listener;
  *complete = status_ != Status::kPending;
  return true;
}

void Op::unlisten(Subject subject) {
  const std::lock_guard lock(mutex_);
  (subject == Subject::kDone ? done_ : wait_).reset();
}

ListenerPtr Op::listener(Subject subject) const {
  const std::lock_guard lock(mutex_);
  return subject == Subject::kDone ? done_ : wait_;
}

LeasePtr Op::abandon() {
  const std::lock_guard lock(mutex_);
  abandoned_ = true;
  return std::exchange(lease_, nullptr);
}

void Op::show_rows(core::Rows rows) {
  auto shown = std::make_shared<const core::Rows>(std::move(rows));
  const std::lock_guard lock(mutex_);
  rows_ = std::move(shown);
}

void Op::show_waiting(std::string message, core::Rows rows) {
  show_rows(std::move(rows));
  const std::lock_guard lock(mutex_);
  waiting_message_ = std::move(message);
}

Op::Listeners Op::set_result(Status status, std::string message, LeasePtr lease) {
  const std::lock_guard lock(mutex_);
  if (status_ == Status::kPending) {
    status_ = status;
    message_ = std::move(message);
    if (!abandoned_) lease_ = std::move(lease);
  }
  return {done_, wait_, !abandoned_};
}

void Op::settle() {
  {
    const std::lock_guard lock(mutex_);
    settled_ = true;
  }
  settled_cond_.notify_all();  // whoever wakes finds the mutex free
}

EventPtr Op::done_event(const Listener &listener) const {
  const std::lock_guard lock(mutex_);
  listener.reserve->status = status_;
  listener.reserve->message = copy_if_possible(message_);
  return listener.reserve;
}

Event Op::last_words(const Listener &listener) {
  Event event;
  event.kind = EventKind::kDone;
  event.user_data = listener.user_data;
  return event;
}

EventPtr Op::waiting_event(const Listener &listener) const {
  auto event = std::make_shared<Event>();
  event->kind = EventKind::kWaiting;
  event->user_data = listener.user_data;
  event->status = Status::kPending;
  const std::lock_guard lock(mutex_);
  if (waiting_message_.empty() || status_ != Status::kPending) return nullptr;
  event->message = waiting_message_;
  return event;
}

}  // namespace repolock::loop
