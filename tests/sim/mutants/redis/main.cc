// sim_redis_mutants: each world with Redis has one thing wrong; the oracle must notice within 10,000
// seeds, and by an invariant that says what is wrong.
//
//   sim_redis_mutants [SEEDS]
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>

#include "mutants/redis/mutant.h"
#include "oracle/violation.h"

namespace {

using namespace repolock::sim;

struct Found {
  uint64_t seed = 0;  // 0: none
  std::string invariant;
};

// By the real scripts and clients: then a seed says nothing of a mutant.
bool is_violated(uint64_t seed, Topology topology) {
  RedisParts real;
  real.topology = topology;
  try {
    World(seed, redis_world(real), false).live();
  } catch (const Violation &) {
    return true;
  }
  return false;
}

Found find(const RedisMutant &mutant, uint64_t seeds) {
  const Parts world = redis_world(mutant.parts);
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    try {
      World(seed, world, false).live();
    } catch (const Violation &violation) {
      if (std::any_of(mutant.invariants.begin(), mutant.invariants.end(),
                      [&](const char *one) { return violation.invariant() == one; }) &&
          !is_violated(seed, mutant.parts.topology))
        return {seed, violation.invariant()};
    }
  }
  return {};
}

}  // namespace

int main(int argc, char **argv) {
  const uint64_t seeds = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000;
  int missed = 0;
  auto mutants = wrong_scripts();
  for (RedisMutant &mutant : wrong_clients()) mutants.push_back(std::move(mutant));
  for (RedisMutant &mutant : wrong_quorums()) mutants.push_back(std::move(mutant));
  for (const RedisMutant &mutant : mutants) {
    const Found found = find(mutant, seeds);
    std::cout << (found.seed == 0 ? "MISSED  " : "found   ") << mutant.name;
    if (found.seed != 0) std::cout << ": \"" << found.invariant << "\" at seed " << found.seed;
    std::cout << std::endl;
    missed += found.seed == 0;
  }
  return missed == 0 ? 0 : 1;
}
