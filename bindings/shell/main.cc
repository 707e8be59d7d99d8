// repolock - run a command while holding the lock of a git repository; see who holds, and who waits.

#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <string>

#include "console.h"
#include "exit_codes.h"
#include "failure.h"
#include "help.h"
#include "json.h"
#include "subcommands.h"

namespace repolock::shell {
namespace {

constexpr const Subcommand *kSubcommands[] = {&kRun,   &kStatus,    &kLs,
                                              &kBreak, &kCanonical, &kDoctor};

std::string version_text() {
  const uint32_t library = repolock_version();
  const auto part = [library](int shift) { return std::to_string(library >> shift & 0xFF); };
  return "repolock " REPOLOCK_VERSION_STRING " (librepolock " + part(16) + "." + part(8) + "." +
         part(0) + ")\n";
}

int dispatch(Common &common, int argc, char **argv) {
  const std::string word = argc > 1 ? argv[1] : "";
  if (word.empty()) throw Failure{kExitUsage, "which command? 'repolock help' lists them"};
  if (word == "help" || word == "--help" || word == "-h")
    return help(kSubcommands, argc - 1, argv + 1);
  if (word == "--version" || word == "-V") {
    print(version_text());
    return kExitDone;
  }
  for (const auto *each : kSubcommands) {
    if (word == each->name) return each->run(common, argc - 1, argv + 1);
  }
  throw Failure{kExitUsage, "there is no command '" + word + "'; 'repolock help' lists them"};
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
}  // namespace repolock::shell

int main(int argc, char **argv) {
  return repolock::shell::run_main(argc, argv);
}
