#include "loop/lease.h"

#include <algorithm>
#include <new>
#include <utility>

#include "core/sentence.h"
#include "port/descriptor.h"

namespace repolock::loop {

using core::Millis;
using core::Status;

Lease::Lease(core::Granted granted)
    : granted_(std::move(granted)),
      valid_until_(granted_.valid_until),
      lost_at_(granted_.lost_at) {}

Status Lease::status_locked(Millis now, bool *noticed) {
  if (releasing_) return Status::kInvalid;
  if (status_ == Status::kOk && now >= lost_at_) {
    status_ = Status::kLost;
    *noticed = true;
    try {
      repo_ = granted_.repos.front();
      message_ = core::lost_sentence(repo_, core::LossReason::kExpired, "");
    } catch (const std::bad_alloc &) {
      message_ = kOutOfMemory;
    }
  }
  return status_;
}

Status Lease::status(Millis now, bool *noticed) {
  const std::lock_guard lock(mutex_);
  return status_locked(now, noticed);
}

const char *Lease::message() const {
  const std::lock_guard lock(mutex_);
  // What was lent before the loss must not change with it: it is not lent from here.
  return message_.empty() ? "" : message_.c_str();
}

Millis Lease::remaining(Millis now, bool *noticed) {
  const std::lock_guard lock(mutex_);
  if (status_locked(now, noticed) == Status::kInvalid) return 0;
  if (valid_until_ == core::kForever) return core::kForever;
  return std::max<Millis>(0, valid_until_ - now);
}

// The backend keeps its descriptor open until the release is submitted, and before that either
// start_release or a loss has been here, under the same mutex.
int Lease::inherit_fd(size_t index) const {
  const std::lock_guard lock(mutex_);
  if (releasing_ || status_ != Status::kOk || index >= granted_.inherit_fds.size()) return -1;
  const int fd = granted_.inherit_fds[index];
  return fd < 0 ? -1 : port::duplicate(fd);
}

bool Lease::start_release() {
  const std::lock_guard lock(mutex_);
  return !std::exchange(releasing_, true);
}

bool Lease::listen(const ListenerPtr &listener, bool *lost) {
  const std::lock_guard lock(mutex_);
  if (listener_ || releasing_) return false;
  listener_ = listener;
  *lost = told_;
  return true;
}

void Lease::unlisten() {
  const std::lock_guard lock(mutex_);
  listener_.reset();
}

ListenerPtr Lease::listener() const {
  const std::lock_guard lock(mutex_);
  return listener_;
}

bool Lease::extend(Millis valid_until, Millis lost_at) {
  const std::lock_guard lock(mutex_);
  if (status_ != Status::kOk) return false;
  valid_until_ = valid_until;
  lost_at_ = lost_at;
  return true;
}

ListenerPtr Lease::lose(core::Lost lost) {
  const std::lock_guard lock(mutex_);
  told_ = true;
  valid_until_ = lost.valid_until;
  reason_ = lost.reason;
  repo_ = std::move(lost.repo);
  if (releasing_) return nullptr;
  if (status_ == Status::kOk) {
    status_ = lost.status;
    message_ = std::move(lost.message);
  }
  return listener_;
}

bool Lease::is_told() const {
  const std::lock_guard lock(mutex_);
  return told_;
}

std::optional<core::Failure> Lease::release_result() const {
  const std::lock_guard lock(mutex_);
  return release_result_;
}

void Lease::set_release_result(core::Failure result) {
  const std::lock_guard lock(mutex_);
  if (result.status != Status::kOk && message_.empty()) message_ = result.message;
  if (!release_result_) release_result_ = std::move(result);
}

EventPtr Lease::lost_event(const Listener &listener, Millis now) const {
  auto event = std::make_shared<Event>(last_words(listener));
  const std::lock_guard lock(mutex_);
  event->status = status_;
  event->message = message_;
  event->fields[0].second = repo_;
  event->fields[1].second = core::loss_reason_name(reason_);
  event->fields[3].second = std::to_string(
      std::max<Millis>(0, valid_until_ == core::kForever ? core::kForever : valid_until_ - now));
  return event;
}

Event Lease::last_words(const Listener &listener) const {
  Event event;
  event.kind = EventKind::kLost;
  event.user_data = listener.user_data;
  event.status = Status::kShutdown;
  event.fields = {{"repo", granted_.repos.front()},
                  {"reason", core::loss_reason_name(core::LossReason::kShutdown)},
                  {"lease_id", granted_.id},
                  {"remaining_ms", "0"}};
  return event;
}

}  // namespace repolock::loop
