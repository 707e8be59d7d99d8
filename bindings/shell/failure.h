// failure.h - why a subcommand ends early: thrown by whoever finds out, told by main.
#pragma once

#include <repolock/repolock.h>

#include <string>

namespace repolock::shell {

struct Failure {
  int exit_code;
  std::string message;  // empty: all has been said
  repolock_status_t status = REPOLOCK_OK;
};

}  // namespace repolock::shell
