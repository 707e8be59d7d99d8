// subcommands.h - all there are; each has a file of its name.
#pragma once

#include "options.h"

namespace repolock::shell {

extern const Subcommand kRun;
extern const Subcommand kStatus;
extern const Subcommand kLs;
extern const Subcommand kBreak;
extern const Subcommand kCanonical;
extern const Subcommand kDoctor;

}  // namespace repolock::shell
