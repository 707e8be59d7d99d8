// help.h - the manual in the terminal.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "options.h"

namespace repolock::shell {

void print_manual(const Subcommand &subcommand, const std::vector<Option> &options);

// `repolock help`, and of one subject: a subcommand, "exit-codes" or "settings".
int help(std::span<const Subcommand *const> subcommands, int argc, char **argv);

// Writes to stdout all of it, or fails: a full disk must not look like an empty list.
void print(const std::string &text);

}  // namespace repolock::shell
