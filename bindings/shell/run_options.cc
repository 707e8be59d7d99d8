#include "run_options.h"

#include "failure.h"
#include "label.h"
#include "subcommands.h"

namespace repolock::shell {
namespace {

OnLost on_lost(const std::string &value) {
  if (value == "term") return OnLost::kTerm;
  if (value == "warn") return OnLost::kWarn;
  if (value == "ignore") return OnLost::kIgnore;
  misused(kRun, "--on-lost " + value + " is none of term, warn, ignore");
}

[[noreturn]] void refuse_no_fork() {
  misused(
      kRun,
      "--no-fork cannot be: repolock stays beside the command, to renew the lock and to stop the "
      "command if it is lost");
}

std::vector<Option> run_options(RunOptions &run, std::string &shell_line) {
  const auto nothing = [](const char *) {};
  const auto exclusive = [&run](const char *) { run.shared = false; };
  const auto wait = [&run](const char *value) {
    run.wait_ms = duration_value(kRun, "--wait", value);
  };
  return {
      {'n', "nonblock", nullptr, "do not wait: fail when somebody else holds the lock",
       [&run](const char *) { run.wait_ms = 0; }},
      {0, "nb", nullptr, nullptr, [&run](const char *) { run.wait_ms = 0; }},
      {'w', "wait", "TIME", "wait no longer than this; without it, for as long as it takes", wait},
      {0, "timeout", "TIME", nullptr, wait},
      {'E', "conflict-exit-code", "N", "the exit code when the lock is not obtained, instead of 75",
       [&run](const char *value) {
         run.conflict_exit_code =
             static_cast<int>(number_value(kRun, "--conflict-exit-code", value, 0, 255));
       }},
      {'s', "shared", nullptr, "together with other shared holders, never with an exclusive one",
       [&run](const char *) { run.shared = true; }},
      {'x', "exclusive", nullptr, "alone; the default", exclusive},
      {'e', nullptr, nullptr, nullptr, exclusive},
      {'c', "command", "LINE", "run LINE by sh -c, instead of COMMAND; also allowed after REPO",
       [&shell_line](const char *value) { shell_line = value; }},
      {0, "reason", "TEXT",
       "what those who wait are told of this holder; else your user and command line",
       [&run](const char *value) { run.label = value; }},
      {0, "ttl", "TIME", "how long a dead host blocks the others (backends of several hosts)",
       [&run](const char *value) { run.ttl_ms = duration_value(kRun, "--ttl", value); }},
      {0, "max-hold", "TIME", "hold no longer than this: then the lock counts as lost",
       [&run](const char *value) { run.max_hold_ms = duration_value(kRun, "--max-hold", value); }},
      {0, "on-lost", "DO",
       "when the lock is lost: 'term' stops the command (default), 'warn' only says so, 'ignore' "
       "not even that",
       [&run](const char *value) { run.on_lost = on_lost(value); }},
      {0, "kill-after", "TIME",
       "from SIGTERM to SIGKILL when the lock is lost, at most; default 10s",
       [&run](const char *value) {
         run.kill_after_ms = duration_value(kRun, "--kill-after", value);
       }},
      {'v', "verbose", nullptr, "also say when the lock is obtained and released",
       [&run](const char *) { run.verbose = true; }},
      {'o', "close", nullptr,
       "as in flock, and always so: the command never gets the lock's descriptor", nothing},
      {'F', "no-fork", nullptr,
       "refused, unlike in flock: the lock is renewed and watched beside the command",
       [](const char *) { refuse_no_fork(); }},
  };
}

// What follows REPO: [--] COMMAND [ARGUMENT...], or -c LINE as flock has it.
std::vector<std::string> command_of(std::vector<std::string> words, const std::string &shell_line) {
  std::string line = shell_line;
  const std::string first = words.empty() ? "" : words[0];
  if (first == "-c" || first == "--command") {
    if (words.size() != 2) misused(kRun, first + " takes one command line: quote it");
    line = words[1];
    words.clear();
  } else if (first == "--") {
    words.erase(words.begin());
  } else if (first.size() > 1 && first[0] == '-') {
    misused(kRun, "option " + first + " stands behind the repository: options come first");
  }
  if (line.empty()) {
    if (words.empty()) misused(kRun, "COMMAND is missing");
    return words;
  }
  if (!words.empty())
    misused(kRun, "there is both -c and the command " + words[0] + ": leave one out");
  return {"/bin/sh", "-c", line};
}

}  // namespace

RunOptions parse_run(Common &common, int argc, char **argv) {
  RunOptions run;
  std::string shell_line;
  const auto words = parse(kRun, common, run_options(run, shell_line), argc, argv);
  if (words.empty()) misused(kRun, "REPO and COMMAND are missing");
  run.repo = words[0];
  run.arguments = command_of({words.begin() + 1, words.end()}, shell_line);
  if (run.label.empty()) run.label = default_label(run.arguments);
  return run;
}

}  // namespace repolock::shell
