// nemesis.h - what is done to the servers, the network, the clocks and the workers of a run.
#pragma once

#include <unistd.h>

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
  void rest(uint32_t least_ms, uint32_t most_ms) const {
    usleep(1000 * (least_ms + below(most_ms - least_ms + 1)));
  }
  Node &node() const { return *nodes[below(static_cast<uint32_t>(nodes.size()))]; }
};

struct Fault {
  const char *name;
  // Returns when it may be over, or goes on until the next act.
  void (*act)(const Victims &victims);
  Keeps keeps = Keeps::kNothing;       // of a server that is killed
  const char *restart_guard = "auto";  // of all clients
  bool may_overlap =
      false;  // beyond the model: exclusion may break, which is counted, and no fence
  bool leaves_quorum = false;  // each client reaches one: leases are granted meanwhile
};

// Each within the stated model unless it says otherwise: the library must break no promise.
extern const std::span<const Fault> kFaults;
extern const std::span<const Fault> kLosses;  // of what a server kept
extern const Fault kUnguardedLoss;
extern const std::span<const Fault> kViews;  // parts of five servers, another one for each client
extern const std::span<const Fault> kServerRates;  // of clocks
extern const Fault kFastClients, kSlowClients;

// An act of other rows too.
void stop_worker(const Victims &victims);

// As if nothing had been: all servers and workers run, the network is whole, the clocks are right.
void end_faults(const Victims &victims);

}  // namespace repolock::testing
