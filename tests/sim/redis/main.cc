// sim_redis: the same worlds over a virtual Redis: real scripts, real backend. See runner.h.
#include "redis/redis_service.h"
#include "runner.h"

int main(int argc, char **argv) {
  using namespace repolock::sim;
  const RedisParts parts;
  return run_seeds("sim_redis", redis_world(parts), argc, argv);
}
