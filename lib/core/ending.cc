// ending.cc - how a lease ends: lost, released, or left to its ttl.
#include <algorithm>
#include <utility>

#include "core/engine.h"
#include "core/sentence.h"

namespace repolock::core {

// ---- Loss ----

// A lease that a silence has ended needs no further one.
bool Engine::is_heartbeat_awaited() const {
  return std::any_of(leases_.begin(), leases_.end(), [](const auto &entry) {
    const Lease &lease = entry.second;
    return lease.state == Lease::State::kHeld && lease.hard_reason != LossReason::kStalled;
  });
}

// The program is silent: nothing that it holds is renewed any more, for good.
void Engine::stall() {
  for (auto &[key, lease] : leases_) {
    if (lease.state != Lease::State::kHeld) continue;
    lease.hard_end = std::min({lease.hard_end, lease.valid_until, after(now_, lease.ttl)});
    lease.hard_reason = LossReason::kStalled;
    lease.renew = false;
    renewals_.clear(key);
    measure(lease);
  }
}

void Engine::noticed_lost(LeaseKey key, Millis now) {
  begin(now);
  const auto found = leases_.find(key);
  if (found == leases_.end() || found->second.state != Lease::State::kHeld) return;
  lease_due(found->second);
}

void Engine::revoked(const std::string &repo, const std::string &lease_id, LossReason reason,
                     const std::string &message, Millis now) {
  begin(now);
  const auto found = lease_by_id_.find(lease_id);
  if (found == lease_by_id_.end()) return;
  Lease &lease = leases_.at(found->second);
  if (lease.state == Lease::State::kHeld || lease.state == Lease::State::kGathering)
    lose(lease, reason, repo, message);
}

void Engine::lose(Lease &lease, LossReason reason, const std::string &repo,
                  const std::string &message) {
  if (lease.state == Lease::State::kGathering) {
    Acquisition &acquisition = acquisitions_.at(lease.gathering_op);
    acquisition.failure = {Status::kUnavailable, lost_sentence(repo, reason, message)};
    return start_again(acquisition);
  }
  lease.state = Lease::State::kLost;
  lease.release_status = reason == LossReason::kShutdown ? Status::kShutdown : Status::kLost;
  lease.release_message = lost_sentence(repo, reason, message);
  // What has an end comes to it by itself; what has none is ended by us, a ttl from now.
  if (lease.never_expires())
    lease.release_at = lease.hard_end != kForever ? lease.hard_end : after(now_, lease.ttl);
  renewals_.clear(lease.key);
  arm(lease);
  Lost lost;
  lost.lease = lease.key;
  lost.status = lease.release_status;
  lost.reason = reason;
  lost.repo = repo;
  lost.message = lease.release_message;
  if (reason == LossReason::kExpired || reason == LossReason::kMaxHold ||
      reason == LossReason::kStalled || reason == LossReason::kShutdown)
    lost.valid_until = std::min(lease.valid_until, lease.release_at);
  emit(std::move(lost));
}

// Lost or left, and its time is over: the backend is to let go.
void Engine::end_leftovers(Lease &lease) {
  clean_up(lease.claims(), Previous::kExpired);
  lease.release_at = kForever;
  lease.parts.clear();
  if (lease.state == Lease::State::kLeft) drop(lease);
}

// ---- Release ----

void Engine::release(OpKey op, LeaseKey key, Millis now) {
  begin(now);
  const auto found = leases_.find(key);
  if (found == leases_.end())
    return complete(op, Status::kShutdown, "the client was shut down before the release");
  Lease &lease = found->second;
  if (op != 0) lease.release_ops.push_back(op);
  if (lease.state == Lease::State::kReleasing) return;
  if (lease.parts.empty()) return released(lease, Status::kOk, "");

  BackendRequest request;
  request.verb = Verb::kRelease;
  request.claims = lease.claims();
  const bool lost = lease.state == Lease::State::kLost;
  for (Claim &claim : request.claims) claim.ended = lost ? Previous::kExpired : Previous::kReleased;
  lease.state = Lease::State::kReleasing;
  renewals_.clear(key);
  arm(lease);
  Sent sent;
  sent.purpose = Sent::For::kRelease;
  sent.leases = {key};
  sent.claims = request.claims;
  sent.deadline = now_ + settings_.release_timeout;
  submit(std::move(request), std::move(sent));
}

void Engine::release_answered(const Sent &sent, const BackendAnswer &answer) {
  const auto found = leases_.find(sent.leases.front());
  if (found == leases_.end()) return;
  Lease &lease = found->second;
  Status status = answer.status;
  std::string message = answer.message;
  for (size_t part = 0; part < answer.grants.size() && part < lease.parts.size(); ++part) {
    const Grant &grant = answer.grants[part];
    if (status != Status::kOk || grant.status == Status::kOk) continue;
    status = grant.status;
    message = status == Status::kLost
                  ? lost_sentence(lease.parts[part].repo, grant.reason, grant.message)
                  : grant.message;
  }
  // It may have taken effect all the same; otherwise the lease ends by its ttl, or by us.
  if (status != Status::kOk && status != Status::kLost) status = Status::kUnknown;
  if (!answer.is_released()) clean_up_later(sent);
  if (status == Status::kUnknown && closing_ != Closing::kOpen) closing_status_ = Status::kUnknown;
  released(lease, status, std::move(message));
}

void Engine::released(Lease &lease, Status status, std::string message) {
  if (lease.release_status != Status::kOk) {  // it had been lost before
    status = lease.release_status;
    message = lease.release_message;
  }
  const std::vector<OpKey> ops = std::move(lease.release_ops);
  drop(lease);  // first, so that whoever hears of the release finds it counted
  for (const OpKey op : ops) complete(op, status, message);
  if (closing_ == Closing::kDraining) drain();
}

void Engine::inherited(LeaseKey key, Millis now) {
  begin(now);
  if (const auto found = leases_.find(key); found != leases_.end()) found->second.inherited = true;
}

void Engine::forget(LeaseKey key, Millis now) {
  begin(now);
  const auto found = leases_.find(key);
  if (found == leases_.end()) return;
  Lease &lease = found->second;
  if (lease.state == Lease::State::kReleasing) return;
  renewals_.clear(key);
  if (!lease.never_expires() || lease.parts.empty()) return drop(lease);
  if (lease.state == Lease::State::kHeld)
    lease.release_at = std::min(lease.hard_end, after(now_, lease.ttl));
  lease.state = Lease::State::kLeft;
  arm(lease);
  if (closing_ == Closing::kDraining) drain();
}

void Engine::drop(Lease &lease) {
  deadlines_.clear({Wake::What::kLease, lease.key});
  renewals_.clear(lease.key);
  if (lease.granted_at != 0) emit(Ended{lease.key, now_ - lease.granted_at});
  lease_by_id_.erase(lease.id);
  leases_.erase(lease.key);
}

}  // namespace repolock::core
