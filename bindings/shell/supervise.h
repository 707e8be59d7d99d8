// supervise.h - the command runs and the lock is held: signals go one way, stops and ends the other,
// and a loss of the lock stops the command in time.
#pragma once

#include "command.h"
#include "handles.h"
#include "run_options.h"
#include "signals.h"
#include "terminal.h"

namespace repolock::shell {

struct Holding {
  const Common &common;
  const RunOptions &run;
  const std::string &repo;
  const Client &client;
  const Lease &lease;
  const Signals &signals;
  const Terminal &terminal;
};

struct Outcome {
  int exit_code;
  bool lost = false;         // the lock was lost while the command ran, and that has been said
  bool interrupted = false;  // Ctrl-C ended it
};

// Runs the command to its end; throws when it cannot be executed.
Outcome supervise(const Holding &holding, const CommandLine &line);

}  // namespace repolock::shell
