// oracle.h - all that must hold, told of all that happens.
#pragma once

#include "oracle/calls.h"
#include "oracle/fences.h"
#include "oracle/holds.h"
#include "oracle/requests.h"
#include "oracle/violation.h"

namespace repolock::sim {

struct Oracle {
  explicit Oracle(Run &run) : calls(requests), holds(run) {}

  Requests requests;
  Calls calls;
  Fences fences;
  Holds holds;
};

}  // namespace repolock::sim
