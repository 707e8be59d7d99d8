// options.h - a subcommand and its options: one table that is parsed and printed as the help.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace repolock::shell {

// What every subcommand understands.
struct Common {
  std::string backend;  // --backend, else $REPOLOCK_URL, else the library's default
  bool backend_given = false;
  std::vector<std::pair<std::string, std::string>> settings;
  bool json = false;
  bool quiet = false;
  bool verbose = false;
};

struct Subcommand {
  const char *name;
  const char *operands;  // for the usage line
  const char *summary;   // one line
  const char *manual;    // what the help says above and below the options
  const char *examples;
  bool takes_command;  // options end at the first word: what follows the second one is not ours
  int (*run)(Common &common, int argc, char **argv);
};

struct Option {
  char letter;        // 0: long form only
  const char *name;   // nullptr: letter only
  const char *value;  // what the help calls its value; nullptr: it takes none
  const char *help;   // nullptr: another spelling of the option above
  std::function<void(const char *value)> apply;
};

std::vector<Option> common_options(Common &common);

// Applies the options; gives the words that are none. --help prints the manual and ends.
std::vector<char *> parse(const Subcommand &subcommand, const std::vector<Option> &options,
                          int argc, char **argv);

// Says what is wrong: "run: <what>; see 'repolock help run'".
[[noreturn]] void misused(const Subcommand &subcommand, const std::string &what);

// The only word there may be, such as REPO.
std::string only_word(const Subcommand &subcommand, const std::vector<char *> &words);

}  // namespace repolock::shell
