#include "backend/memory/store.h"

#include <algorithm>

#include "port/fork.h"

namespace repolock::backend::memory {

Store::Store(std::string url) : url_(std::move(url)), made_in_(port::process_id()) {}

bool Store::is_of_this_process() const {
  return made_in_ == port::process_id();
}

Lock &Store::lock_of(const std::string &repo) {
  return locks_.try_emplace(repo, repo).first->second;
}

void Store::settle(Lock &lock, int64_t now) {
  lock.settle(now);
  due_ = std::min(due_, lock.next_event());
}

void Store::ring_alarms() {
  for (auto *alarm : alarms_) alarm->ring_by(due_);
}

// Whoever waited behind one that has gone may have its turn now: the alarms see to it, as what
// leaves must not fail.
void Store::ring_now(int64_t now) {
  due_ = std::min(due_, now);
  ring_alarms();
}

void Store::tick(int64_t now) {
  if (due_ <= now) {
    int64_t due = INT64_MAX;
    for (auto &[name, lock] : locks_) {
      lock.settle(now);
      due = std::min(due, lock.next_event());
    }
    due_ = due;
  }
  ring_alarms();
}

void Store::part(Alarm *alarm, const Listener *listener, int64_t now) noexcept {
  std::erase(alarms_, alarm);
  for (auto &[name, lock] : locks_) lock.forget(listener);
  ring_now(now);
}

bool Store::withdraw(const Listener *listener, uint64_t request_id, int64_t now) noexcept {
  for (auto &[name, lock] : locks_) {
    if (!lock.withdraw(listener, request_id)) continue;
    ring_now(now);
    return true;
  }
  return false;
}

void Store::take_all_away(int32_t reason, int64_t now) {
  for (auto &[name, lock] : locks_) {
    lock.take_all_away(reason);
    settle(lock, now);
  }
}

void Store::suffer(const Fault &fault, int64_t now) {
  switch (fault.kind) {
    case Fault::Kind::kRequest:
      return faults_.add(fault);
    case Fault::Kind::kClear:
      return faults_.clear();
    case Fault::Kind::kExpire:
      return take_all_away(REPOLOCK_LOST_EXPIRED, now);
    case Fault::Kind::kLose:
      return take_all_away(REPOLOCK_LOST_DATA, now);
    case Fault::Kind::kBreak:
      return take_all_away(REPOLOCK_LOST_BROKEN, now);
  }
}

}  // namespace repolock::backend::memory
