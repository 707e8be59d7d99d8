// repolock - run a command while holding the lock of a git repository; see who holds, and who waits.

#include <cstdlib>
#include <exception>
#include <string>

#include "console.h"
#include "exit_codes.h"
#include "failure.h"
#include "json.h"
#include "subcommands.h"

namespace repolock::shell {
namespace {

constexpr const Subcommand *kSubcommands[] = {&kRun,       &kStatus, &kLs,      &kTop,     &kBreak,
                                              &kCanonical, &kDoctor, &kPlugins, &kVersion, &kHelp};

constexpr Subcommand kItself = {
    .name = "",
    .operands = "",
    .summary = "",
    .manual = "",
    .examples = "",
    .takes_command = true,
    .run = nullptr,
};

const Subcommand &subcommand_of(const std::string &word) {
  for (const auto *each : kSubcommands) {
    if (word == each->name) return *each;
  }
  misused(kItself, "there is no command '" + word + "'");
}

int dispatch(Common &common, int argc, char **argv) {
  char help[] = "help", version[] = "version";
  char *instead = nullptr;  // the subcommand that an option stands for
  auto options = common_options(common);
  options.push_back({'h', "help", nullptr, "", [&](const char *) { instead = help; }});
  options.push_back({'V', "version", nullptr, "", [&](const char *) { instead = version; }});
  auto [words, wrong] = read_options(kItself, options, argc, argv);
  if (wrong) throw Failure(*wrong);
  if (instead) words.insert(words.begin(), instead);
  if (words.empty()) misused(kItself, "a command is missing");
  const Subcommand &subcommand = subcommand_of(words[0]);
  const int count = static_cast<int>(words.size());
  words.push_back(nullptr);
  return subcommand.run(common, count, words.data());
}

void tell_failure(const Common &common, const Failure &failure) {
  if (failure.message.empty()) return;
  if (!common.json) return tell(failure.message);
  tell_json(JsonObject()
                .text("event", "error")
                .number("exit", failure.exit_code)
                .text_or_null("status", failure.status ? repolock_status_name(failure.status) : "")
                .text("message", failure.message));
}

int run_main(int argc, char **argv) {
  Common common;
  if (const char *url = std::getenv("REPOLOCK_URL")) common.backend = url;
  try {
    return dispatch(common, argc, argv);
  } catch (const Failure &failure) {
    tell_failure(common, failure);
    return failure.exit_code;
  } catch (const std::exception &error) {
    tell_failure(common, {kExitInternal, std::string("failed: ") + error.what()});
    return kExitInternal;
  }
}

}  // namespace

std::span<const Subcommand *const> subcommands() {
  return kSubcommands;
}

}  // namespace repolock::shell

int main(int argc, char **argv) {
  return repolock::shell::run_main(argc, argv);
}
