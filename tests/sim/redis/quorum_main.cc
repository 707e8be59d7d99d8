// sim_quorum: the same worlds over a quorum of virtual servers, each with its own clock and its own
// troubles. See runner.h.
#include "redis/redis_service.h"
#include "runner.h"

int main(int argc, char **argv) {
  using namespace repolock::sim;
  RedisParts parts;
  parts.topology = Topology::kQuorum;
  return run_seeds("sim_quorum", redis_world(parts), argc, argv);
}
