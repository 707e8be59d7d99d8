// run.h - one run: servers, workers, a nemesis with a seed, and the verdict on what came of it.
#pragma once

#include "fault/redis/judge.h"
#include "fault/redis/locker.h"
#include "fault/redis/nemesis.h"

namespace repolock::testing {

struct Plan {
  const Fault *fault;
  size_t servers;
  Rules rules;
  uint32_t seed;
};

struct Outcome {
  bool has_ended = false;  // all of it was played
  bool went_on = false;    // leases were granted before the faults, and again after them
  int64_t recovery_ms = 0;
  Verdict verdict;
};

// In a process that has no cmocka.
Outcome run(const Plan &plan);

}  // namespace repolock::testing
