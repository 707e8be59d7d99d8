#include "backend/memory/lock.h"

#include <algorithm>

#include "backend/memory/listener.h"

namespace repolock::backend::memory {

namespace {

// Of one name: a lost lease is asked about once more, and soon. Older ones are told to be unknown.
constexpr size_t kEndedKept = 64;

int32_t previous_after(int32_t reason) {
  switch (reason) {
    case REPOLOCK_LOST_EXPIRED:
      return REPOLOCK_PREVIOUS_EXPIRED;
    case REPOLOCK_LOST_BROKEN:
      return REPOLOCK_PREVIOUS_BROKEN;
    default:
      return REPOLOCK_PREVIOUS_NONE;  // its data are lost, and with them that it was
  }
}

}  // namespace

const char *lost_message(int32_t reason) {
  switch (reason) {
    case REPOLOCK_LOST_EXPIRED:
      return "no renewal came within its ttl";
    case REPOLOCK_LOST_BROKEN:
      return "a break named its lease id";
    default:
      return "the store knows nothing of this lease";
  }
}

Lease *Lock::find(Leases &leases, const std::string &lease_id) {
  const auto found = std::find_if(leases.begin(), leases.end(),
                                  [&](const Lease &lease) { return lease.id == lease_id; });
  return found == leases.end() ? nullptr : &*found;
}

int32_t Lock::lost_reason(const std::string &lease_id) const {
  for (const auto &lease : ended_) {
    if (lease.id == lease_id) return lease.reason;
  }
  return REPOLOCK_LOST_DATA;
}

bool Lock::admits(const Lease &lease) const {
  return holders_.empty() || (lease.shared && holders_.front().shared);
}

void Lock::grant_first(int64_t now) {
  Lease &lease = queue_.front();
  // A shared lease repeats the last exclusive fence; 0 is none, so the first one begins at 1.
  if (!lease.shared || fence_ == 0) ++fence_;
  lease.fence = fence_;
  lease.previous = previous_;
  lease.since_ms = now;
  lease.end_ms = after(now, lease.ttl_ms);
  holders_.splice(holders_.end(), queue_, queue_.begin());
  ++holders_changes_;
  if (lease.listener != nullptr) lease.listener->granted(lease);
}

void Lock::end(Leases::iterator holder, int32_t reason) {
  holder->reason = reason;
  previous_ = previous_after(reason);
  ended_.splice(ended_.end(), holders_, holder);
  if (ended_.size() > kEndedKept) ended_.pop_front();
  ++holders_changes_;
  // The others learn of it when they renew, as holders do whose server is far away.
  if (reason == REPOLOCK_LOST_BROKEN && holder->listener != nullptr) {
    holder->listener->revoked(*this, *holder);
  }
}

bool Lock::release(const std::string &lease_id, int32_t previous) {
  const auto is_it = [&](const Lease &lease) { return lease.id == lease_id; };
  std::erase_if(ended_, is_it);
  if (std::erase_if(holders_, is_it) == 0) return false;
  previous_ = previous;
  ++holders_changes_;
  return true;
}

bool Lock::take_away(const std::string &lease_id, int32_t reason) {
  const auto holder = std::find_if(holders_.begin(), holders_.end(),
                                   [&](const Lease &lease) { return lease.id == lease_id; });
  if (holder == holders_.end()) return false;
  end(holder, reason);
  return true;
}

void Lock::take_all_away(int32_t reason) {
  while (!holders_.empty()) end(holders_.begin(), reason);
}

bool Lock::withdraw(const Listener *listener, uint64_t request_id) {
  return std::erase_if(queue_, [&](const Lease &lease) {
           return lease.listener == listener && lease.request_id == request_id;
         }) != 0;
}

void Lock::forget(const Listener *listener) {
  std::erase_if(queue_, [&](const Lease &lease) { return lease.listener == listener; });
  for (auto &lease : holders_) {
    if (lease.listener == listener) lease.listener = nullptr;
  }
}

void Lock::settle(int64_t now) {
  for (auto holder = holders_.begin(); holder != holders_.end();) {
    const auto next = std::next(holder);
    if (holder->end_ms <= now) end(holder, REPOLOCK_LOST_EXPIRED);
    holder = next;
  }
  std::erase_if(queue_, [&](const Lease &lease) {
    const bool late = lease.deadline_ms < now;
    if (late) lease.listener->refused(*this, lease, REPOLOCK_E_TIMEOUT, now);
    return late;
  });
  // In order and no further: a shared one that came after an exclusive one waits behind it.
  while (!queue_.empty() && admits(queue_.front())) grant_first(now);
  std::erase_if(queue_, [&](const Lease &lease) {
    if (!lease.patient) lease.listener->refused(*this, lease, REPOLOCK_E_HELD, now);
    return !lease.patient;
  });

  size_t place = 0;
  for (auto &lease : queue_) {
    ++place;
    if (lease.told_place == place && lease.told_holders == holders_changes_) continue;
    lease.told_place = place;
    lease.told_holders = holders_changes_;
    lease.listener->waiting(*this, lease, now);
  }
}

int64_t Lock::next_event() const {
  int64_t next = INT64_MAX;
  if (queue_.empty()) return next;
  for (const auto &lease : holders_) next = std::min(next, lease.end_ms);
  for (const auto &lease : queue_) next = std::min(next, after(lease.deadline_ms, 1));
  return next;
}

}  // namespace repolock::backend::memory
