// sim_mutants: each world has one thing wrong; the oracle must name it within some seeds.
#include <iostream>
#include <string>

#include "mutants/mutant.h"

namespace {

using namespace repolock::sim;

constexpr uint64_t kSeeds = 1'000;

// The first seed that shows it; 0: none.
uint64_t found(const Mutant &mutant) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    try {
      World(seed, mutant.parts, false).live();
    } catch (const Violation &violation) {
      if (violation.invariant() == mutant.invariant) return seed;
    }
  }
  return 0;
}

}  // namespace

int main() {
  int missed = 0;
  auto mutants = wrong_services();
  for (Mutant &mutant : wrong_drivers()) mutants.push_back(std::move(mutant));
  for (const Mutant &mutant : mutants) {
    const uint64_t seed = found(mutant);
    std::cout << (seed == 0 ? "MISSED  " : "found   ") << mutant.name << ": \"" << mutant.invariant
              << '"';
    if (seed != 0) std::cout << " at seed " << seed;
    std::cout << std::endl;
    missed += seed == 0;
  }
  return missed == 0 ? 0 : 1;
}
