// workloads.h - what the workers of a run do with their locks, until it is over.
#pragma once

#include "fault/redis/history.h"
#include "fault/redis/locker.h"

namespace repolock::testing {

inline constexpr size_t kWorkers = 6;

// Workers 0 and 1 hold one name for long, with renewals (W4). 2 and 3 write the register, which looks at
// fences (W3). The others acquire and release (W1), count without a fence (W2), and go through many
// names (W5).
void work(Locker &locker, History &history, size_t worker, uint32_t seed);

}  // namespace repolock::testing
