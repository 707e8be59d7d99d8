// nemesis.h - what is done to the servers, the network, the clocks and the workers of a run.
#pragma once

#include <functional>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include "fault/redis/nodes.h"
#include "support/child.h"

namespace repolock::testing {

struct Victims {
  Nodes &nodes;
  std::vector<std::unique_ptr<Child>> &workers;
  std::function<std::unique_ptr<Child>(size_t worker)> one_more;
  std::minstd_rand &random;

  uint32_t below(uint32_t end) const { return static_cast<uint32_t>(random()) % end; }
  Node &node() const { return *nodes[below(static_cast<uint32_t>(nodes.size()))]; }
};

struct Fault {
  const char *name;
  void (*act)(
      const Victims &victims);  // returns when it may be over, or goes on until the next act
  bool keeps_data = false;      // of a server that is killed
};

// All within the stated model: the library must break no promise.
extern const std::span<const Fault> kFaults;

// As if nothing had been: all servers and workers run, the network is whole, the clocks are right.
void end_faults(const Victims &victims);

}  // namespace repolock::testing
