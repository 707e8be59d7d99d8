#include <cstdlib>
#include <iostream>

#include "mutants/redis/mutant.h"

namespace repolock::sim {

RedisParts with_line(Topology topology, const std::string &line, const std::string &instead) {
  RedisParts parts;
  parts.topology = topology;
  bool is_found = false;
  for (ServedScript &script : parts.scripts) {
    const size_t at = ("\n" + script.text).find("\n" + line + "\n");
    if (at == std::string::npos) continue;
    is_found = true;
    script.text.replace(at, line.size(), instead);
  }
  if (!is_found) {
    std::cerr << "no script has the line: " << line << '\n';
    std::exit(1);
  }
  return parts;
}

}  // namespace repolock::sim
