// acquire.h - from asking for the lock to having it, or to the reason why not.
#pragma once

#include <string>

#include "handles.h"
#include "run_options.h"
#include "signals.h"
#include "terminal.h"

namespace repolock::shell {

struct Asking {
  const Common &common;
  const RunOptions &run;
  const std::string &repo;  // canonical
  const Client &client;
  const Signals &signals;
  const Terminal &terminal;
};

struct Obtained {
  Lease lease;
  int signo;  // where there is no lease: what ended the wait
};

// Waits in the queue, and says so. Throws what else stood in the way.
Obtained acquire(const Asking &asking);

}  // namespace repolock::shell
