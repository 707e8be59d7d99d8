#include "oracle/holds.h"

#include <algorithm>

#include "core/engine.h"
#include "oracle/violation.h"

namespace repolock::sim {

using core::LeaseKey;
using core::LossReason;
using core::Status;

// ---- What is heard of ----

void Holds::granted(ClientId client, const Host &host, const core::Granted &lease,
                    const core::Plan &plan, Millis now) {
  Hold &hold = holds_[{client, lease.key}];
  hold.host = &host;
  hold.id = lease.id;
  hold.repos = plan.repos;
  hold.plan = plan;
  hold.granted_at = now;
  hold.valid_until = lease.valid_until;
  hold.lost_at = lease.lost_at;
  hold.measured_at = now;
  hold.shortest_ttl = std::min(plan.ttl, plan.max_hold);
  hold.agreed_ttl = plan.ttl;
  if (now >= hold.valid_until)
    throw Violation(kValidity, words(client, hold) + " was granted when it was over");
}

void Holds::extended(ClientId client, const core::Extended &news, Millis now) {
  Hold *hold = find(client, news.lease);
  if (hold == nullptr || hold->told || hold->released) return;
  hold->valid_until = news.valid_until;
  hold->lost_at = news.lost_at;
  hold->measured_at = now;
  if (hold->plan.max_hold != kForever && hold->valid_until > hold->granted_at + hold->plan.max_hold)
    throw Violation(kBounded, words(client, *hold) + " is valid beyond its max_hold");
}

void Holds::lost(ClientId client, const core::Lost &news, Millis now) {
  Hold *hold = find(client, news.lease);
  if (hold == nullptr || hold->told)
    throw Violation(kOnce, "lease " + std::to_string(news.lease) + " is lost twice");
  hold->told = hold->lost = true;
  if (hold->released) return;  // its end and its release came together: the release will say so
  if ((news.status == Status::kShutdown) != (news.reason == LossReason::kShutdown))
    throw Violation(kHonest, words(client, *hold) + " is lost for another reason than it says");
  switch (news.reason) {
    case LossReason::kExpired:
      // Of a shared lease that is gone the backend may not know that it was broken. One that promises
      // a little less than was asked for ends just before its max_hold, and is said to have run out.
      if (run_.traits.calm && hold->plan.renew && !was_refused(*hold, true) &&
          !is_at_max_hold(*hold))
        throw Violation(kKept, words(client, *hold) + " ran out though nothing went wrong");
      [[fallthrough]];
    case LossReason::kMaxHold:
    case LossReason::kStalled:
      check_margin(*hold, news, now);
      [[fallthrough]];
    case LossReason::kShutdown:
      hold->valid_until = news.valid_until;
      break;
    case LossReason::kBroken:
    case LossReason::kStolen:
    case LossReason::kDataLost:
      hold->valid_until = 0;
      if (!was_refused(*hold, false))
        throw Violation(kHonest, words(client, *hold) + " is lost, but nobody took it away");
      break;
  }
}

bool Holds::is_at_max_hold(const Hold &hold) {
  const Millis end = core::after(hold.granted_at, hold.plan.max_hold);
  return end != kForever && end - hold.valid_until <= hold.plan.max_hold / 50 + 10;
}

// broken: only if somebody took it away.
bool Holds::was_refused(const Hold &hold, bool broken) const {
  return std::any_of(hold.repos.begin(), hold.repos.end(), [&](const std::string &repo) {
    return broken ? run_.service->was_taken_away(repo, hold.id)
                  : run_.service->was_refused(repo, hold.id);
  });
}

// A client whose timers are on time tells it early enough to stop the work.
void Holds::check_margin(const Hold &hold, const core::Lost &news, Millis now) const {
  if (now > hold.lost_at) return;
  const bool said_by_backend = now < hold.lost_at;
  const Millis ttl = std::max(hold.shortest_ttl, std::min(hold.agreed_ttl, hold.plan.max_hold));
  if (!said_by_backend && news.valid_until - now < ttl / 6)
    throw Violation(kTold, hold.id + " is told lost " + std::to_string(news.valid_until - now) +
                               " ms before its end");
}

void Holds::ended(ClientId client, LeaseKey lease) {
  Hold *hold = find(client, lease);
  if (hold == nullptr || hold->ended)
    throw Violation(kOnce, "lease " + std::to_string(lease) + " ends twice");
  hold->ended = true;
}

void Holds::gone(ClientId client) {
  std::erase_if(holds_, [&](const auto &entry) { return entry.first.first == client; });
}

// ---- What the program did ----

void Holds::released(ClientId client, LeaseKey lease) {
  if (Hold *hold = find(client, lease)) hold->released = true;
}

// Nobody knows whether its work has stopped: it is left for a ttl at most.
void Holds::forgotten(ClientId client, LeaseKey lease, Millis now) {
  Hold *hold = find(client, lease);
  if (hold == nullptr) return;
  hold->forgotten = true;
  hold->valid_until = std::min(hold->valid_until, now + hold->shortest_ttl);
}

void Holds::handed_out(ClientId client, LeaseKey lease) {
  if (Hold *hold = find(client, lease)) hold->handed_out = true;
}

void Holds::looked(ClientId client, LeaseKey lease, bool says_held) {
  Hold *hold = find(client, lease);
  if (hold == nullptr || !says_held) {
    if (hold != nullptr) hold->lost = true;
    return;
  }
  if (hold->lost)
    throw Violation(kLostForGood, words(client, *hold) + " was lost, and is held again");
  if (!is_timed(client)) return;
  for (const std::string &repo : hold->repos) {
    if (is_promised(repo, hold->id) && run_.service->end_of_lease(repo, hold->id) <= run_.now())
      throw Violation(kTold, words(client, *hold) + " is said to be held, and is not");
  }
}

void Holds::extend_begins(ClientId client, LeaseKey lease, Millis ttl) {
  Hold *hold = find(client, lease);
  if (hold == nullptr) return;
  hold->shortest_ttl = std::min(hold->shortest_ttl, ttl);
  hold->agreed_ttl = 0;
  hold->asked_ttl = hold->extends++ == 0 ? ttl : 0;
}

void Holds::extend_ends(ClientId client, LeaseKey lease, bool ok) {
  Hold *hold = find(client, lease);
  if (hold == nullptr) return;
  --hold->extends;
  if (ok) hold->agreed_ttl = hold->asked_ttl;
}

// ---- What the core sends ----

// Again only where the first time came to nothing and nothing ends by itself.
void Holds::release_sent(ClientId client, const core::BackendRequest &request, Millis now) {
  const bool never_expires = (run_.traits.capabilities & core::kCanNeverExpire) != 0;
  for (const core::Claim &claim : request.claims)
    if (Hold *hold = find(client, claim.lease_id)) {
      const bool has_failed =
          hold->let_go_failed || now - hold->let_go_at >= core::Settings{}.release_timeout;
      const bool is_again = hold->let_go_by != 0 && hold->let_go_by != request.id;
      if (is_again && !(never_expires && has_failed))
        throw Violation(kOnce, words(client, *hold) + " is released at the backend twice");
      hold->let_go_by = request.id;
      hold->let_go_at = now;
      hold->let_go_failed = false;
      if (claim.inherited != hold->handed_out)
        throw Violation(kHonest, words(client, *hold) + " hides who has its descriptor");
    }
}

void Holds::release_failed(ClientId client, uint64_t request) {
  for (auto &[key, hold] : holds_)
    if (key.first == client && hold.let_go_by == request) hold.let_go_failed = true;
}

void Holds::extension_sent(ClientId client, const core::BackendRequest &request, bool asked,
                           Millis now) {
  for (const core::Claim &claim : request.claims) {
    const Hold *hold = find(client, claim.lease_id);
    if (hold == nullptr) continue;  // its names are still being gathered
    const auto too_long = [&](const char *why) {
      throw Violation(kBounded, words(client, *hold) + " is renewed " + why);
    };
    const Millis hold_end = core::after(hold->granted_at, hold->plan.max_hold);
    if (hold->told || hold->let_go_by != 0 || hold->ended) too_long("after its end");
    if (core::after(now, claim.ttl) > hold_end) too_long("beyond its max_hold");
    if (asked) continue;
    if (!hold->plan.renew) too_long("though it is not to be");
    const Millis heard = std::max(heard_from_[client], hold->granted_at);
    if (now >= core::after(heard, run_.traits.heartbeat)) too_long("though its program is silent");
    if (hold->agreed_ttl != 0 && claim.ttl != std::min(hold->agreed_ttl, hold_end - now))
      too_long("with another ttl than was agreed");
  }
}

// ---- What must hold ----

void Holds::time_passed(ClientId client, Millis now) {
  for (auto entry = holds_.lower_bound({client, 0});
       entry != holds_.end() && entry->first.first == client; ++entry) {
    Hold &hold = entry->second;
    if (hold.told || hold.released || hold.forgotten || hold.ended) continue;
    if (now >= hold.lost_at && now > hold.measured_at)
      throw Violation(kTold, words(client, hold) + " has reached its end, and nobody was told");
    if (hold.lost)
      throw Violation(kTold, words(client, hold) + " is lost for its program, but held within");
    const Millis heard = std::max(heard_from_[client], hold.granted_at);
    if (now >= core::after(heard, run_.traits.heartbeat))
      hold.silent_at = std::min(hold.silent_at, now);
    if (now >= core::after(hold.silent_at, kLongestTtl))
      throw Violation(kTold, words(client, hold) + " outlives its silent program");
  }
}

void Holds::check() {
  std::erase_if(holds_,
                [&](const auto &entry) { return entry.second.ended && !is_claimed(entry.second); });
  std::map<std::string, std::pair<const Hold *, bool>> holders;  // by name: one, and is it shared
  for (const auto &[key, hold] : holds_) {
    if (!is_claimed(hold) || !is_timed(key.first)) continue;
    check_validity(hold);
    for (const std::string &repo : hold.repos) {
      if (run_.service->was_taken_away(repo, hold.id)) continue;
      const auto [other, first] = holders.emplace(repo, std::make_pair(&hold, hold.plan.shared));
      if (!first && (!hold.plan.shared || !other->second.second))
        throw Violation(kExclusion,
                        repo + " is held by " + hold.id + " and by " + other->second.first->id);
    }
  }
}

bool Holds::is_claimed(const Hold &hold) const {
  if (hold.released) return false;
  return hold.valid_until == kForever || claimed_until(hold) > run_.now();
}

Millis Holds::claimed_until(const Hold &hold) const {
  return hold.host->in_real_time(hold.valid_until);
}

// The service has it for as long as the client says.
void Holds::check_validity(const Hold &hold) const {
  const Millis until = hold.valid_until == kForever ? kForever : claimed_until(hold);
  for (const std::string &repo : hold.repos) {
    if (!is_promised(repo, hold.id)) continue;
    const Millis end = run_.service->end_of_lease(repo, hold.id);
    if (end < until)
      throw Violation(kValidity, hold.host->name() + " believes to have " + repo + " by " +
                                     hold.id + " until " + std::to_string(until) +
                                     ", and it ends at " +
                                     (end == 0 ? "once" : std::to_string(end)));
  }
}

bool Holds::any_of(ClientId client) const {
  return std::any_of(holds_.begin(), holds_.end(), [&](const auto &entry) {
    return entry.first.first == client && !entry.second.ended;
  });
}

bool Holds::is_promised(const std::string &repo, const std::string &lease_id) const {
  return !run_.service->was_taken_away(repo, lease_id) &&
         !run_.service->was_forgotten(repo, lease_id);
}

bool Holds::is_timed(ClientId client) const {
  if (!run_.service->keeps_time()) return false;
  const auto found = untimed_until_.find(client);
  return found == untimed_until_.end() || run_.now() >= found->second;
}

Holds::Hold *Holds::find(ClientId client, LeaseKey lease) {
  const auto found = holds_.find({client, lease});
  return found == holds_.end() ? nullptr : &found->second;
}

Holds::Hold *Holds::find(ClientId client, const std::string &lease_id) {
  for (auto entry = holds_.lower_bound({client, 0});
       entry != holds_.end() && entry->first.first == client; ++entry)
    if (entry->second.id == lease_id) return &entry->second;
  return nullptr;
}

std::string Holds::words(ClientId client, const Hold &hold) const {
  return "client-" + std::to_string(client) + ": lease " + hold.id + " of " + hold.repos.front();
}

}  // namespace repolock::sim
