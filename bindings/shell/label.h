// label.h - how a command names itself to those who wait behind it.
#pragma once

#include <string>
#include <vector>

namespace repolock::shell {

// "alice: git pull --rebase": the user and the command line, cut, with passwords in URLs left out, for
// whoever waits, also on another host, can read it.
std::string default_label(const std::vector<std::string> &arguments);

}  // namespace repolock::shell
