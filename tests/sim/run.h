// run.h - what all parts of one run share.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "random.h"
#include "schedule.h"
#include "trace.h"
#include "traits.h"

namespace repolock::sim {

class Service;
struct Oracle;

std::string repo_name(size_t index);

using ClientId = uint64_t;  // of one engine, never used twice

struct Run {
  using DrawTraits = std::function<Traits(Random &)>;
  Run(uint64_t seed, const DrawTraits &draw, bool trace)
      : random(seed), trace(trace), traits(draw(random)) {}

  Millis now() const { return schedule.now(); }

  Schedule schedule;
  Random random;
  Trace trace;
  Traits traits;
  bool troubled = true;     // faults come
  Millis outage_until = 0;  // the service cannot be reached
  bool outage_is_silent = false;
  Service *service = nullptr;
  Oracle *oracle = nullptr;
  uint64_t events = 0;  // into engines
};

}  // namespace repolock::sim
