// options.h - a subcommand and its options: one table that is parsed, and told by the help.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "failure.h"

namespace repolock::shell {

// What every subcommand understands, behind its name as well as before it.
struct Common {
  std::string backend;  // --backend, else $REPOLOCK_URL, else the library's default
  bool backend_given = false;
  std::vector<std::pair<std::string, std::string>> settings;
  bool json = false;
  bool quiet = false;
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

// A command line that was read to its end, for what comes late (--json) tells how to speak of what
// was wrong before.
struct Parsed {
  std::vector<char *> words;     // what is no option
  std::optional<Failure> wrong;  // the first thing that was
};
Parsed read_options(const Subcommand &subcommand, const std::vector<Option> &options, int argc,
                    char **argv);

// Applies the options, its own and the common ones; gives the words. --help prints the manual and
// ends.
std::vector<char *> parse(const Subcommand &subcommand, Common &common, std::vector<Option> options,
                          int argc, char **argv);

// Says what is wrong: "run: <what>; see 'repolock help run'".
[[noreturn]] void misused(const Subcommand &subcommand, const std::string &what);

// The value of an option: a length of time, in milliseconds; a number within bounds.
int64_t duration_value(const Subcommand &subcommand, const std::string &option, const char *value);
int64_t number_value(const Subcommand &subcommand, const std::string &option, const char *value,
                     int64_t least, int64_t most);

// The only word there may be, such as REPO.
std::string only_word(const Subcommand &subcommand, const std::vector<char *> &words);
void no_words(const Subcommand &subcommand, const std::vector<char *> &words);

}  // namespace repolock::shell
