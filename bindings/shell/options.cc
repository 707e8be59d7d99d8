#include "options.h"

#include <getopt.h>

#include "exit_codes.h"
#include "failure.h"
#include "help.h"

namespace repolock::shell {
namespace {

constexpr int kWord = 1;           // how getopt_long calls a word that is no option
constexpr int kFirstOption = 256;  // beyond every letter, and beyond getopt's '?' and ':'

void add_setting(Common &common, const char *value) {
  const std::string text = value;
  const size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos) {
    throw Failure{kExitUsage, "--option " + text + " is not of the form KEY=VALUE"};
  }
  common.settings.emplace_back(text.substr(0, equals), text.substr(equals + 1));
}

const Option *option_of(const std::vector<Option> &options, int found) {
  if (found >= kFirstOption) return &options[static_cast<size_t>(found - kFirstOption)];
  for (const auto &option : options) {
    if (option.letter == found) return &option;
  }
  return nullptr;
}

}  // namespace

std::vector<Option> common_options(Common &common) {
  return {
      {0, "backend", "URL",
       "where the locks are, as file:///srv/locks; else $REPOLOCK_URL, else file:",
       [&common](const char *value) {
         common.backend = value;
         common.backend_given = true;
       }},
      {0, "option", "KEY=VALUE", "one more setting of the library; see 'repolock help settings'",
       [&common](const char *value) { add_setting(common, value); }},
      {0, "json", nullptr, "for programs: JSON instead of text",
       [&common](const char *) { common.json = true; }},
      {'q', "quiet", nullptr, "no word about waiting, holders and success",
       [&common](const char *) { common.quiet = true; }},
      {'v', "verbose", nullptr, "also say what went well",
       [&common](const char *) { common.verbose = true; }},
  };
}

void misused(const Subcommand &subcommand, const std::string &what) {
  throw Failure{kExitUsage, std::string(subcommand.name) + ": " + what + "; see 'repolock help " +
                                subcommand.name + "'"};
}

std::vector<char *> parse(const Subcommand &subcommand, const std::vector<Option> &options,
                          int argc, char **argv) {
  // Stop at the first word, or take words as they come ('-'); and say what is missing by ':'.
  std::string letters = subcommand.takes_command ? "+:h" : "-:h";
  std::vector<option> names = {{"help", no_argument, nullptr, 'h'}};
  for (size_t i = 0; i < options.size(); ++i) {
    const Option &each = options[i];
    if (each.letter) letters += std::string(1, each.letter) + (each.value ? ":" : "");
    if (each.name) {
      names.push_back({each.name, each.value ? required_argument : no_argument, nullptr,
                       kFirstOption + static_cast<int>(i)});
    }
  }
  names.push_back({});

  std::vector<char *> words;
  opterr = 0;
  for (int found;
       (found = getopt_long(argc, argv, letters.c_str(), names.data(), nullptr)) != -1;) {
    const std::string culprit = optopt > 0 && optopt < kFirstOption
                                    ? std::string("-") + static_cast<char>(optopt)
                                    : argv[optind - 1];
    switch (found) {
      case kWord:
        words.push_back(optarg);
        break;
      case 'h':
        print_manual(subcommand, options);
        throw Failure{kExitDone, ""};
      case ':':
        misused(subcommand, "option " + culprit + " needs a value");
      case '?':
        misused(subcommand, "there is no option " + culprit);
      default:
        option_of(options, found)->apply(optarg);
    }
  }
  words.insert(words.end(), argv + optind, argv + argc);
  return words;
}

std::string only_word(const Subcommand &subcommand, const std::vector<char *> &words) {
  if (words.empty()) misused(subcommand, std::string(subcommand.operands) + " is missing");
  if (words.size() > 1) misused(subcommand, std::string("'") + words[1] + "' is one word too many");
  return words[0];
}

}  // namespace repolock::shell
