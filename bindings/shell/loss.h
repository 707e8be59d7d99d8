// loss.h - the lock is lost while the command runs: how long it has to end, and what is said.
#pragma once

#include <cstdint>
#include <string>

#include "run_options.h"

namespace repolock::shell {

// From SIGTERM to SIGKILL, of a lease with so much left.
int64_t grace_ms(int64_t remaining_ms, const RunOptions &run);

// grace_ms -1: the command is left alone.
void tell_loss(const Common &common, const std::string &repo, const std::string &why,
               int64_t grace_ms);

}  // namespace repolock::shell
