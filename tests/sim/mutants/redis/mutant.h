// mutant.h - a world with Redis where one thing is wrong: a line of a script, or a habit of the client.
#pragma once

#include <string>
#include <vector>

#include "redis/redis_service.h"

namespace repolock::sim {

struct RedisMutant {
  const char *name;
  std::vector<const char *> invariants;  // by any of which the oracle must notice
  RedisParts parts;
};

// The real scripts, but for one line of all that have it. Ends the process if none has it.
RedisParts with_line(Topology topology, const std::string &line, const std::string &instead);

std::vector<RedisMutant> wrong_scripts();
std::vector<RedisMutant> wrong_clients();
std::vector<RedisMutant> wrong_quorums();

}  // namespace repolock::sim
