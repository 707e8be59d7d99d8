// run_options.h - the command line of `repolock run`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "exit_codes.h"
#include "options.h"

namespace repolock::shell {

enum class OnLost {
  kTerm,
  kWarn,
  kIgnore
};

struct RunOptions {
  std::string repo;
  std::vector<std::string> arguments;  // of the command
  int64_t wait_ms = -1;                // for ever, as flock
  int conflict_exit_code = kExitNotObtained;
  bool shared = false;
  std::optional<int64_t> ttl_ms;  // else the library's
  std::optional<int64_t> max_hold_ms;
  OnLost on_lost = OnLost::kTerm;
  int64_t kill_after_ms = 10'000;
  bool verbose = false;
  std::string label;  // how the holder is called
};

RunOptions parse_run(Common &common, int argc, char **argv);

}  // namespace repolock::shell
