// runner.h - what the programs of the simulation do: run worlds, a seed each.
//
//   PROGRAM [--seeds N] [--first S]   N runs from seed S on; ends with 1 at the first violation
//   PROGRAM --seed S [--trace]        that one again, and what happened in it
#pragma once

#include "world.h"

namespace repolock::sim {

int run_seeds(const char *program, const Parts &parts, int argc, char **argv);

}  // namespace repolock::sim
