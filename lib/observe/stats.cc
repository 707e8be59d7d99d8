#include "observe/stats.h"

namespace repolock::observe {

namespace {

// In the order of the values: the stats, then both histograms with the bounds of kBuckets.
constexpr const char *kNames[] = {
#define REPOLOCK_NAME(enumerator, name) name,
    REPOLOCK_STATS(REPOLOCK_NAME)
#undef REPOLOCK_NAME
        "acquire_ms_le_1",
    "acquire_ms_le_2",
    "acquire_ms_le_5",
    "acquire_ms_le_10",
    "acquire_ms_le_50",
    "acquire_ms_le_100",
    "acquire_ms_le_500",
    "acquire_ms_le_1000",
    "acquire_ms_le_5000",
    "acquire_ms_le_10000",
    "acquire_ms_le_60000",
    "acquire_ms_all",
    "hold_ms_le_1",
    "hold_ms_le_2",
    "hold_ms_le_5",
    "hold_ms_le_10",
    "hold_ms_le_50",
    "hold_ms_le_100",
    "hold_ms_le_500",
    "hold_ms_le_1000",
    "hold_ms_le_5000",
    "hold_ms_le_10000",
    "hold_ms_le_60000",
    "hold_ms_all"};

}  // namespace

bool Stats::read(size_t index, const char **name, int64_t *value) const {
  static_assert(sizeof kNames / sizeof kNames[0] == kSize);
  if (index >= kSize) return false;
  *name = kNames[index];
  *value = values_[index];
  return true;
}

void Stats::count(size_t first, int64_t ms) {
  for (size_t bucket = 0; bucket < kBuckets.size(); ++bucket)
    if (ms <= kBuckets[bucket]) values_[first + bucket] += 1;
}

}  // namespace repolock::observe
