#include "core/lease.h"

#include <algorithm>

namespace repolock::core {

namespace {

Millis drift(Millis ttl) {
  return std::min(ttl / 100 + 2, ttl / 2);
}

}  // namespace

bool Lease::never_expires() const {
  return std::any_of(parts.begin(), parts.end(),
                     [](const LeasePart &part) { return part.valid_until == kForever; });
}

void Lease::measure(Millis round_trip) {
  valid_until = hard_end;
  for (const LeasePart &part : parts) valid_until = std::min(valid_until, part.valid_until);
  if (valid_until == kForever)
    lost_at = kForever;
  else
    lost_at = valid_until - abort_margin(std::min(ttl, max_hold), round_trip);
}

bool Lease::is_final() const {
  return hard_end != kForever && valid_until >= hard_end - drift(ttl);
}

Millis Lease::renewal_due() const {
  if (!renew || valid_until == kForever || is_final()) return kForever;
  return valid_until - ttl + ttl / 3;
}

std::vector<Claim> Lease::claims() const {
  std::vector<Claim> all;
  all.reserve(parts.size());
  for (const LeasePart &part : parts) {
    Claim claim;
    claim.repo = part.repo;
    claim.lease_id = id;
    claim.shared = shared;
    claim.fence = part.fence;
    claim.ttl = asked_ttl;
    claim.inherited = inherited;
    all.push_back(std::move(claim));
  }
  return all;
}

bool Lease::ask(uint64_t request, Asked what) {
  asked[request] = what;
  bool less = what.ttl < ttl;
  ttl = std::min(ttl, what.ttl);
  for (LeasePart &part : parts) {
    if (part.valid_until == kForever || part.valid_until <= what.until) continue;
    part.valid_until = what.until;
    less = true;
  }
  return less;
}

void Lease::confirm(uint64_t request) {
  ttl = asked.at(request).ttl;
  asked.erase(asked.begin(), asked.upper_bound(request));
  for (const auto &[later, what] : asked) ttl = std::min(ttl, what.ttl);
}

Millis Lease::believed(uint64_t request, Millis granted_until) const {
  if (granted_until == kForever) return kForever;
  for (auto later = asked.upper_bound(request); later != asked.end(); ++later)
    granted_until = std::min(granted_until, later->second.until);
  return granted_until;
}

Millis believed_until(Millis asked_at, Millis ttl) {
  return after(asked_at, ttl - drift(ttl));
}

Millis abort_margin(Millis ttl, Millis round_trip) {
  return std::min(std::max(ttl / 6, 4 * round_trip), ttl / 2);
}

Millis renewal_retry(Millis ttl, bool first_failure) {
  return std::max<Millis>(
      1, first_failure ? std::min<Millis>(500, ttl / 12) : std::min<Millis>(1000, ttl / 6));
}

}  // namespace repolock::core
