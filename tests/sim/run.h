// run.h - what all parts of one run share.
#pragma once

#include <cstdint>

#include "random.h"
#include "schedule.h"
#include "trace.h"
#include "traits.h"

namespace repolock::sim {

class LockService;
struct Oracle;

using ClientId = uint64_t;  // of one engine, never used twice

struct Run {
  Run(uint64_t seed, bool trace) : random(seed), trace(trace), traits(draw_traits(random)) {}

  Millis now() const { return schedule.now(); }

  Schedule schedule;
  Random random;
  Trace trace;
  Traits traits;
  bool troubled = true;     // faults come
  Millis outage_until = 0;  // the service cannot be reached
  bool outage_is_silent = false;
  LockService *service = nullptr;
  Oracle *oracle = nullptr;
  uint64_t events = 0;  // into engines
};

}  // namespace repolock::sim
