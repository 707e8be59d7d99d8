// failure.h - what a system call's errno means for a lock, and its remedy.
#pragma once

#include <string>

#include "backend/host/failure.h"

namespace repolock::backend::file {

// Of an errno. doing: "open", "lock"...
Failure failure_of(int error, const std::string &doing, const std::string &path);

}  // namespace repolock::backend::file
