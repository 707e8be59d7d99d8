// renewing.cc - while it is held: renewed in time, extended when asked, given up at its end.
#include <algorithm>
#include <utility>

#include "core/engine.h"
#include "core/sentence.h"

namespace repolock::core {

namespace {

constexpr size_t kClaimsPerRenewal = 256;

}  // namespace

// Tells the holder's handle when anything has changed, and sets the clock for what comes next.
void Engine::measure(Lease &lease) {
  const Millis was_valid = lease.valid_until;
  const Millis was_lost = lease.lost_at;
  lease.measure(round_trip_);
  if (lease.state == Lease::State::kHeld &&
      (lease.valid_until != was_valid || lease.lost_at != was_lost))
    emit(Extended{lease.key, lease.valid_until, lease.lost_at});
  const Millis due = lease.renewal_due();
  if (due == kForever)
    renewals_.clear(lease.key);
  else if (lease.renewal_failure.empty())  // not at once, however short what the backend gave
    renewals_.set(lease.key, std::max(due, now_ + renewal_retry(lease.ttl, true)));
  arm(lease);
}

void Engine::arm(const Lease &lease) {
  Millis at = kForever;
  switch (lease.state) {
    case Lease::State::kGathering:
    case Lease::State::kHeld:
      at = lease.lost_at;
      break;
    case Lease::State::kLost:
    case Lease::State::kLeft:
      at = lease.release_at;
      break;
    case Lease::State::kReleasing:
      at = kForever;
      break;  // its request has a deadline
  }
  deadlines_.set({Wake::What::kLease, lease.key}, at);
}

void Engine::lease_due(Lease &lease) {
  switch (lease.state) {
    case Lease::State::kGathering:
    case Lease::State::kHeld: {
      const bool hard = lease.is_final() || lease.hard_reason == LossReason::kStalled;
      lose(lease, hard ? lease.hard_reason : LossReason::kExpired, lease.parts.front().repo,
           hard ? "" : lease.renewal_failure);
      break;
    }
    case Lease::State::kLost:
    case Lease::State::kLeft:
      end_leftovers(lease);
      break;
    case Lease::State::kReleasing:
      break;
  }
}

// ---- Renewal ----

// Leases that are nearly due travel together: one request for many.
void Engine::renew_due() {
  if (renewals_.next() > now_) return;
  std::vector<LeaseKey> due;
  while (auto key = renewals_.take_due(now_)) due.push_back(*key);
  Millis slack = kForever;
  for (const LeaseKey key : due) slack = std::min(slack, leases_.at(key).ttl / 30);
  while (auto key = renewals_.take_due(now_ + slack)) due.push_back(*key);
  for (size_t from = 0; from < due.size(); from += kClaimsPerRenewal)
    send_renewal({due.begin() + static_cast<std::ptrdiff_t>(from),
                  due.begin() +
                      static_cast<std::ptrdiff_t>(std::min(due.size(), from + kClaimsPerRenewal))});
}

void Engine::send_renewal(const std::vector<LeaseKey> &leases) {
  BackendRequest request;
  request.verb = Verb::kExtend;
  Sent sent;
  sent.purpose = Sent::For::kRenewal;
  Millis patience = settings_.node_timeout;
  for (const LeaseKey key : leases) {
    Lease &lease = leases_.at(key);
    for (Claim &claim : lease.claims()) {
      // never beyond the end that max_hold or a stall has set
      if (lease.hard_end != kForever) claim.ttl = std::min(claim.ttl, lease.hard_end - now_);
      request.claims.push_back(std::move(claim));
      sent.leases.push_back(key);
    }
    patience = std::min(patience, std::max<Millis>(1, lease.ttl / 6));
  }
  sent.deadline = now_ + patience;
  const uint64_t id = submit(std::move(request), std::move(sent));
  for (const LeaseKey key : leases) {
    Lease &lease = leases_.at(key);
    const Millis ttl = std::min(lease.asked_ttl, lease.hard_end - now_);
    if (lease.ask(id, {lease.asked_ttl, believed_until(now_, ttl)})) measure(lease);
  }
}

void Engine::renewal_answered(uint64_t id, const Sent &sent, const BackendAnswer &answer) {
  round_trip_ = std::max(now_ - sent.at, round_trip_ * 7 / 8);
  size_t index = 0;
  while (index < sent.leases.size()) {
    const LeaseKey key = sent.leases[index];
    size_t end = index;
    while (end < sent.leases.size() && sent.leases[end] == key) ++end;
    const auto found = leases_.find(key);
    if (found != leases_.end()) {
      if (answer.status == Status::kOk && answer.grants.size() >= end)
        apply(found->second, id, &answer.grants[index], end - index);
      else
        renewal_failed(found->second, answer.message);
    }
    index = end;
  }
}

// What the backend said of each part, unless a later extend has been answered before.
void Engine::apply(Lease &lease, uint64_t id, const Grant *grants, size_t count) {
  if (lease.state != Lease::State::kHeld && lease.state != Lease::State::kGathering) return;
  if (lease.asked.count(id) == 0) return;
  std::string failure;
  for (size_t part = 0; part < count && part < lease.parts.size(); ++part) {
    const Grant &grant = grants[part];
    if (grant.status == Status::kLost)
      return lose(lease, grant.reason, lease.parts[part].repo, grant.message);
    if (grant.status == Status::kOk)
      lease.parts[part].valid_until = lease.believed(id, grant.valid_until);
    else
      failure = grant.message.empty() ? "the backend did not confirm it" : grant.message;
  }
  if (!failure.empty()) return renewal_failed(lease, std::move(failure));
  lease.confirm(id);
  if (!lease.renewal_failure.empty())
    log(kLogInfo, "renewal_recovered", "renewed again after: " + lease.renewal_failure,
        lease.parts.front().repo);
  lease.renewal_failure.clear();
  measure(lease);
}

void Engine::renewal_failed(Lease &lease, std::string why) {
  if (lease.state != Lease::State::kHeld && lease.state != Lease::State::kGathering) return;
  const bool first = lease.renewal_failure.empty();
  lease.renewal_failure = why.empty() ? "the backend did not confirm it" : std::move(why);
  if (first)
    log(kLogWarn, "renewal_failed", "a renewal failed: " + lease.renewal_failure,
        lease.parts.front().repo);
  if (lease.renewal_due() != kForever)
    renewals_.set(lease.key, now_ + renewal_retry(lease.ttl, first));
  measure(lease);
}

void Engine::extend(OpKey op, LeaseKey key, Millis ttl, Millis now) {
  begin(now);
  if (closing_ == Closing::kClosed)
    return complete(op, Status::kShutdown, "the client was shut down; its leases are not renewed");
  const auto found = leases_.find(key);
  if (found == leases_.end() || found->second.state != Lease::State::kHeld) {
    const bool lost = found != leases_.end() && found->second.state == Lease::State::kLost;
    return complete(
        op, lost ? found->second.release_status : Status::kInvalid,
        lost ? found->second.release_message : "this lease was released; acquire a new one");
  }
  Lease &lease = found->second;
  lease.asked_ttl = ttl;
  BackendRequest request;
  request.verb = Verb::kExtend;
  request.claims = lease.claims();
  for (Claim &claim : request.claims)
    claim.ttl = lease.hard_end == kForever ? ttl : std::min(ttl, lease.hard_end - now_);
  Sent sent;
  sent.purpose = Sent::For::kExtend;
  sent.op = op;
  sent.leases.assign(request.claims.size(), key);
  sent.ttl = ttl;
  sent.deadline = now_ + settings_.node_timeout;
  const uint64_t id = submit(std::move(request), std::move(sent));
  lease.ask(id, {ttl, believed_until(now_, std::min(ttl, lease.hard_end - now_))});
  measure(lease);
}

// Of what was not confirmed nothing is asked for again.
void Engine::extend_failed(Lease &lease, Millis ttl) {
  if (lease.asked_ttl == ttl) lease.asked_ttl = lease.ttl;
}

void Engine::extend_answered(uint64_t id, const Sent &sent, const BackendAnswer &answer) {
  Status status = answer.status;
  std::string message = answer.message;
  for (const Grant &grant : answer.grants) {
    if (status != Status::kOk || grant.status == Status::kOk) continue;
    status = grant.status;
    message = grant.message;
  }
  const auto found = leases_.find(sent.leases.front());
  if (found != leases_.end() && status != Status::kOk) extend_failed(found->second, sent.ttl);
  renewal_answered(id, sent, answer);
  if (found != leases_.end() && found->second.state == Lease::State::kLost) {
    status = found->second.release_status;
    message = found->second.release_message;
  }
  complete(sent.op, status, status == Status::kOk ? "" : std::move(message));
}

void Engine::heartbeat(Millis now) {
  begin(now);
  if (settings_.heartbeat != kForever && held() > 0)
    deadlines_.set({Wake::What::kHeartbeat, 0}, now_ + settings_.heartbeat);
}

}  // namespace repolock::core
