// lock.h - the lock of one name: who holds it, who waits in which order, what was lost.
//
// It has no thread and no clock. Each lease is one list node that moves from the queue to the
// holders and on to the ended ones, so a hand-off allocates nothing and cannot fail half-way.
#pragma once

#include <cstdint>
#include <list>
#include <string>

#include "backend/memory/lease.h"

namespace repolock::backend::memory {

// In words.
const char *lost_message(int32_t reason);

class Lock {
 public:
  explicit Lock(std::string name) : name_(std::move(name)) {}

  const std::string &name() const { return name_; }
  const std::list<Lease> &holders() const { return holders_; }
  const std::list<Lease> &queue() const { return queue_; }

  // Each NULL where there is none of that id.
  Lease *holder(const std::string &lease_id) { return find(holders_, lease_id); }
  Lease *waiter(const std::string &lease_id) { return find(queue_, lease_id); }
  // Why it is lost. A lease that nothing is known of is as lost as the data that told of it.
  int32_t lost_reason(const std::string &lease_id) const;

  // At the end of the queue; settle grants it, refuses it or lets it wait.
  void ask(Lease lease) { queue_.push_back(std::move(lease)); }
  // Let go, as which REPOLOCK_PREVIOUS_*. Whether it held.
  bool release(const std::string &lease_id, int32_t previous);
  // Taken away: REPOLOCK_LOST_EXPIRED, _BROKEN (then its client is told) or _DATA. Whether it held.
  bool take_away(const std::string &lease_id, int32_t reason);
  void take_all_away(int32_t reason);
  // No longer wants it. Whether it waited.
  bool withdraw(const Listener *listener, uint64_t request_id);
  // That client is closed: its waiters are gone, its leases have nobody to tell.
  void forget(const Listener *listener);

  // Brings the lock up to that time, after whatever has changed it: ends what has run out, refuses
  // who came too late, grants whose turn it is, tells who waits what has changed for them.
  void settle(int64_t now);

  // When settle has something to do at the earliest; INT64_MAX while nobody waits.
  int64_t next_event() const;

 private:
  using Leases = std::list<Lease>;

  static Lease *find(Leases &leases, const std::string &lease_id);
  bool admits(const Lease &lease) const;
  void grant_first(int64_t now);
  void end(Leases::iterator holder, int32_t reason);

  std::string name_;
  Leases holders_;  // one exclusive, or any number of shared ones
  Leases queue_;
  Leases ended_;  // the last of those that were lost and do not know it yet
  uint64_t fence_ = 0;
  uint64_t holders_changes_ = 0;
  int32_t previous_ = 0;  // REPOLOCK_PREVIOUS_*: of the lease that ended last
};

}  // namespace repolock::backend::memory
