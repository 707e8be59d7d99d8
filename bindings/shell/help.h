// help.h - the manual in the terminal; as JSON it is what completions, man pages and tests are
// checked against.
#pragma once

#include <vector>

#include "options.h"

namespace repolock::shell {

void print_manual(const Subcommand &subcommand, const std::vector<Option> &options, bool json);

}  // namespace repolock::shell
