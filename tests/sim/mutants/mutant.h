// mutant.h - a world with one thing wrong, and the invariant by which the oracle must notice.
#pragma once

#include <vector>

#include "oracle/violation.h"
#include "world.h"

namespace repolock::sim {

struct Mutant {
  const char *name;
  const char *invariant;
  Parts parts;
};

std::vector<Mutant> wrong_services();
std::vector<Mutant> wrong_drivers();

}  // namespace repolock::sim
