#include "options.h"

#include <getopt.h>

#include <charconv>
#include <cstring>

#include "duration.h"
#include "exit_codes.h"
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
      {0, "json", nullptr, "for programs: JSON instead of text, one object a line",
       [&common](const char *) { common.json = true; }},
      {'q', "quiet", nullptr, "no word about waiting, holders and success",
       [&common](const char *) { common.quiet = true; }},
  };
}

void misused(const Subcommand &subcommand, const std::string &what) {
  const std::string name = subcommand.name;
  throw Failure{kExitUsage, (name.empty() ? "" : name + ": ") + what + "; see 'repolock help" +
                                (name.empty() ? "" : " " + name) + "'"};
}

Parsed read_options(const Subcommand &subcommand, const std::vector<Option> &options, int argc,
                    char **argv) {
  // Stop at the first word, or take words as they come ('-'); and say what is missing by ':'.
  std::string letters = subcommand.takes_command ? "+:" : "-:";
  std::vector<option> names;
  for (size_t i = 0; i < options.size(); ++i) {
    const Option &each = options[i];
    if (each.letter) letters += std::string(1, each.letter) + (each.value ? ":" : "");
    if (each.name) {
      names.push_back({each.name, each.value ? required_argument : no_argument, nullptr,
                       kFirstOption + static_cast<int>(i)});
    }
  }
  names.push_back({});

  Parsed parsed;
  const auto take = [&](int found) {
    const std::string culprit = optopt > 0 && optopt < kFirstOption
                                    ? std::string("-") + static_cast<char>(optopt)
                                    : argv[optind - 1];
    if (found == ':') misused(subcommand, "option " + culprit + " needs a value");
    if (found == '?') misused(subcommand, "there is no option " + culprit);
    if (found == kWord) {
      parsed.words.push_back(optarg);
    } else {
      option_of(options, found)->apply(optarg);
    }
  };
  opterr = 0;
  optind = 0;  // from the beginning, whatever was read before
  for (int found;
       (found = getopt_long(argc, argv, letters.c_str(), names.data(), nullptr)) != -1;) {
    try {
      take(found);
    } catch (const Failure &failure) {
      if (!parsed.wrong) parsed.wrong = failure;
    }
  }
  parsed.words.insert(parsed.words.end(), argv + optind, argv + argc);
  return parsed;
}

std::vector<char *> parse(const Subcommand &subcommand, Common &common, std::vector<Option> options,
                          int argc, char **argv) {
  for (auto &option : common_options(common)) options.push_back(std::move(option));
  bool help = false;
  options.push_back(
      {'h', "help", nullptr, "show this help", [&help](const char *) { help = true; }});
  auto [words, wrong] = read_options(subcommand, options, argc, argv);
  if (help) {
    print_manual(subcommand, options, common.json);
    throw Failure{kExitDone, ""};
  }
  if (wrong) throw Failure(*wrong);
  return words;
}

int64_t duration_value(const Subcommand &subcommand, const std::string &option, const char *value) {
  const auto parsed = parse_duration(value);
  if (parsed) return *parsed;
  misused(subcommand, option + " " + value + " is not a time such as 10, 0.5, 30s, 5m or 1h");
}

int64_t number_value(const Subcommand &subcommand, const std::string &option, const char *value,
                     int64_t least, int64_t most) {
  int64_t number = 0;
  const char *end = value + std::strlen(value);
  const auto [rest, error] = std::from_chars(value, end, number);
  if (error == std::errc() && rest == end && number >= least && number <= most) return number;
  misused(subcommand, option + " " + value + " is not a number from " + std::to_string(least) +
                          " to " + std::to_string(most));
}

std::string only_word(const Subcommand &subcommand, const std::vector<char *> &words) {
  if (words.empty()) misused(subcommand, std::string(subcommand.operands) + " is missing");
  if (words.size() > 1) misused(subcommand, std::string("'") + words[1] + "' is one word too many");
  return words[0];
}

void no_words(const Subcommand &subcommand, const std::vector<char *> &words) {
  if (!words.empty())
    misused(subcommand, std::string("it takes no words, so not '") + words[0] + "'");
}

}  // namespace repolock::shell
