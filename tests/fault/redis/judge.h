// judge.h - what a history breaks of the promises (I1 to I4), counted.
#pragma once

#include <cstdint>

#include "fault/redis/history.h"

namespace repolock::testing {

struct Verdict {
  uint64_t leases = 0;
  uint64_t equal_fences = 0;  // I1: two leases of one name have one fence
  uint64_t fences_back = 0;   // I2: a lease that was asked for later has a smaller one
  uint64_t old_writes = 0;    // I3: the register took a write of a lease after one of a later lease
  uint64_t overlaps = 0;      // I4: two were told at once that they hold one name
  uint64_t lost_updates = 0;  // I4 again: the counter
  uint64_t all() const { return equal_fences + fences_back + old_writes + overlaps + lost_updates; }
};

Verdict judge(const History &history);

}  // namespace repolock::testing
