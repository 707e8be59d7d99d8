// violation.h - an invariant that does not hold: it ends the run.
#pragma once

#include <stdexcept>
#include <string>

namespace repolock::sim {

class Violation : public std::runtime_error {
 public:
  Violation(std::string invariant, const std::string &what)
      : std::runtime_error(what), invariant_(std::move(invariant)) {}

  const std::string &invariant() const { return invariant_; }

 private:
  std::string invariant_;
};

// The invariants, as safety research and docs/guarantees.md number them, and those of each call.
inline constexpr const char *kExclusion = "I4 I15 exclusion";
inline constexpr const char *kFence = "I1 I2 fence";
inline constexpr const char *kVotes = "I7 only who may votes";
inline constexpr const char *kLostForGood = "I8 lost is for good";
inline constexpr const char *kValidity = "I10 validity";
inline constexpr const char *kLiveness = "I12 liveness";
inline constexpr const char *kOwnIds = "I13 ids of its own";
inline constexpr const char *kOrder = "I12 in the order of the queue";
inline constexpr const char *kNothingLeft = "I14 nothing left";
inline constexpr const char *kOnce = "exactly once";
inline constexpr const char *kInTime = "in its time";
inline constexpr const char *kHonest = "an honest result";
inline constexpr const char *kTold = "told before the end";
inline constexpr const char *kBounded = "renewed no longer than asked";
inline constexpr const char *kKept = "kept while all is well";

}  // namespace repolock::sim
