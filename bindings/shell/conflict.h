// conflict.h - why the lock was not obtained, as people and programs are told.
#pragma once

#include <string>

#include "failure.h"
#include "handles.h"
#include "run_options.h"

namespace repolock::shell {

// Of an acquisition that failed: tells who holds the lock and how it could be taken away, and gives the
// end of the command.
Failure conflict(const Common &common, const RunOptions &run, const std::string &repo,
                 const Op &op);

}  // namespace repolock::shell
