#include "loop/event_queue.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace repolock::loop {

namespace {

constexpr size_t kMostLogs = 1000;

}  // namespace

bool EventQueue::push(const ListenerPtr &listener, EventPtr event) {
  const std::lock_guard lock(mutex_);
  if (closed_ || listener->muted) return true;
  std::list<QueueEntry> place = std::exchange(listener->place, {});
  if (place.empty()) place.emplace_back();
  bool kept_all = true;
  if (event->kind == EventKind::kWaiting)
    entries_.remove_if([&](const QueueEntry &entry) { return entry.listener == listener; });
  if (event->kind == EventKind::kLog) {
    if (logs_ == kMostLogs) kept_all = drop_oldest_log();
    ++logs_;
  }
  place.front() = {listener, std::move(event)};
  entries_.splice(entries_.end(), place);
  show();
  arrived_.notify_one();
  return kept_all;
}

bool EventQueue::drop_oldest_log() {
  const auto oldest = std::find_if(entries_.begin(), entries_.end(), [](const QueueEntry &entry) {
    return entry.event->kind == EventKind::kLog;
  });
  entries_.erase(oldest);
  --logs_;
  return false;
}

void EventQueue::forget(const Listener &listener) {
  const std::lock_guard lock(mutex_);
  entries_.remove_if([&](const QueueEntry &entry) {
    if (entry.listener.get() != &listener) return false;
    if (entry.event->kind == EventKind::kLog) --logs_;
    return true;
  });
  show();
}

void EventQueue::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  show();
  arrived_.notify_all();
}

// The flag costs a system call, so it is touched only when it has to change.
void EventQueue::show() {
  const bool readable = closed_ || !entries_.empty();
  if (readable == shown_) return;
  shown_ = readable;
  if (readable)
    flag_.raise();
  else
    flag_.lower();
}

EventQueue::Next EventQueue::next(core::Millis timeout, EventPtr *out) {
  std::unique_lock lock(mutex_);
  const auto something = [&] { return closed_ || !entries_.empty(); };
  if (timeout == core::kForever)
    arrived_.wait(lock, something);
  else if (timeout > 0)  // without one even that is a system call, and maybe a time slice
    arrived_.wait_for(lock, std::chrono::milliseconds(timeout), something);
  if (entries_.empty()) return closed_ ? Next::kEnd : Next::kNothingYet;
  QueueEntry entry = std::move(entries_.front());
  entries_.pop_front();
  if (entry.event->kind == EventKind::kLog) --logs_;
  show();
  *out = std::move(entry.event);
  return Next::kEvent;
}

}  // namespace repolock::loop
