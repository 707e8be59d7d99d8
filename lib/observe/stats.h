// stats.h - counters, gauges and histograms of one client; each value is read by itself.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace repolock::observe {

// X(enumerator, name). An index keeps its name for ever: append only.
#define REPOLOCK_STATS(X)                      \
  X(kLocksHeld, "locks_held")                  \
  X(kWaiters, "waiters")                       \
  X(kAcquired, "acquired")                     \
  X(kAcquiredAfterWait, "acquired_after_wait") \
  X(kTimeouts, "acquire_timeouts")             \
  X(kHeld, "acquire_held")                     \
  X(kCanceled, "acquire_canceled")             \
  X(kUnavailable, "acquire_unavailable")       \
  X(kUnknown, "acquire_unknown")               \
  X(kOtherFailures, "acquire_failures")        \
  X(kReleased, "released")                     \
  X(kReleaseFailures, "release_failures")      \
  X(kRenewals, "renewals")                     \
  X(kRenewalFailures, "renewal_failures")      \
  X(kLostExpired, "lost_expired")              \
  X(kLostBroken, "lost_broken")                \
  X(kLostStolen, "lost_stolen")                \
  X(kLostData, "lost_data")                    \
  X(kLostMaxHold, "lost_max_hold")             \
  X(kLostStalled, "lost_stalled")              \
  X(kLostShutdown, "lost_shutdown")            \
  X(kBackendRequests, "backend_requests")      \
  X(kLogDropped, "log_dropped")

enum class Stat : size_t {
#define REPOLOCK_ENUMERATOR(enumerator, name) enumerator,
  REPOLOCK_STATS(REPOLOCK_ENUMERATOR)
#undef REPOLOCK_ENUMERATOR
  kCount
};

// Upper bounds of the buckets in ms; each counts what is at most that long, the last one all.
inline constexpr std::array<int64_t, 12> kBuckets = {1,   2,    5,    10,    50,    100,
                                                     500, 1000, 5000, 10000, 60000, INT64_MAX};

class Stats {
 public:
  void add(Stat stat, int64_t by = 1) { values_[static_cast<size_t>(stat)] += by; }
  void set(Stat stat, int64_t to) { values_[static_cast<size_t>(stat)] = to; }

  void acquired_in(int64_t ms) { count(kAcquireBuckets, ms); }
  void held_for(int64_t ms) { count(kHoldBuckets, ms); }

  // False from the end of the table on.
  bool read(size_t index, const char **name, int64_t *value) const;

 private:
  static constexpr size_t kAcquireBuckets = static_cast<size_t>(Stat::kCount);
  static constexpr size_t kHoldBuckets = kAcquireBuckets + kBuckets.size();
  static constexpr size_t kSize = kHoldBuckets + kBuckets.size();

  void count(size_t first, int64_t ms);

  std::array<std::atomic<int64_t>, kSize> values_{};
};

}  // namespace repolock::observe
