// subcommands.h - all there are; each has a file of its name.
#pragma once

#include <span>

#include "options.h"

namespace repolock::shell {

extern const Subcommand kRun;
extern const Subcommand kStatus;
extern const Subcommand kLs;
extern const Subcommand kTop;
extern const Subcommand kBreak;
extern const Subcommand kCanonical;
extern const Subcommand kDoctor;
extern const Subcommand kPlugins;
extern const Subcommand kVersion;
extern const Subcommand kHelp;

// In the order in which the help lists them.
std::span<const Subcommand *const> subcommands();

}  // namespace repolock::shell
