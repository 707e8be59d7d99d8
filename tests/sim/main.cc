// sim_core: the core under simulation, over the lock service of the simulation. See runner.h.
#include "runner.h"

int main(int argc, char **argv) {
  return repolock::sim::run_seeds("sim_core", repolock::sim::Parts(), argc, argv);
}
