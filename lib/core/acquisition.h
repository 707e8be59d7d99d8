// acquisition.h - one acquisition on its way to a lease.
#pragma once

#include <cstdint>
#include <string>

#include "core/command.h"
#include "core/request.h"

namespace repolock::core {

struct Acquisition {
  OpKey op = 0;
  Plan plan;
  std::string lease_id;
  LeaseKey lease = 0;  // of the names gained so far; 0: none
  size_t gained = 0;   // names

  Millis started = 0;
  Millis deadline = kForever;

  uint64_t request = 0;            // under way at the backend; 0: none
  bool acknowledged = false;       // the backend said that it stands in the queue
  Millis ask_deadline = kForever;  // by when the backend must have said anything
  Millis retry_at = kForever;
  uint32_t retries = 0;

  bool decided = false;  // somebody else has it: the backend said so at least once
  bool waited = false;
  int64_t place = -1;
  Rows rows;           // the holders, itself, the nodes: as heard last
  Millis rows_at = 0;  // when that was
  Failure failure;     // of the last attempt that brought no decision
};

}  // namespace repolock::core
