// repolock run - run a command while holding the lock of a repository.

#include "acquire.h"
#include "client.h"
#include "clock.h"
#include "conflict.h"
#include "console.h"
#include "duration.h"
#include "loss.h"
#include "nested.h"
#include "subcommands.h"
#include "supervise.h"

namespace repolock::shell {
namespace {

const char *previous_text(const Lease &lease) {
  switch (repolock_lease_previous(lease.get())) {
    case REPOLOCK_PREVIOUS_RELEASED:
      return "released";
    case REPOLOCK_PREVIOUS_CRASHED:
      return "crashed";
    case REPOLOCK_PREVIOUS_EXPIRED:
      return "expired";
    case REPOLOCK_PREVIOUS_BROKEN:
      return "broken";
    default:
      return "none";
  }
}

std::vector<std::string> variables_of(const std::string &repo, const Lease &lease) {
  return {"REPOLOCK_HELD=" + held_with(lease), "REPOLOCK_REPO=" + repo,
          "REPOLOCK_TOKEN=" + std::to_string(repolock_lease_fence(lease.get())),
          std::string("REPOLOCK_ID=") + repolock_lease_id(lease.get()),
          std::string("REPOLOCK_PREVIOUS=") + previous_text(lease)};
}

bool tells_success(const Common &common, const RunOptions &run) {
  return !common.quiet && (common.json || run.verbose);
}

void tell_obtained(const Common &common, const std::string &repo, const Lease &lease,
                   int64_t waited_ms) {
  const auto fence = repolock_lease_fence(lease.get());
  const std::string id = repolock_lease_id(lease.get());
  if (common.json) {
    return tell_json(JsonObject()
                         .text("event", "obtained")
                         .text("repo", repo)
                         .number("waited_ms", waited_ms)
                         .number("fence", static_cast<int64_t>(fence))
                         .text("id", id)
                         .text("previous", previous_text(lease)));
  }
  tell("obtained the lock of " + repo + " after " + span_text(waited_ms) + " (lease " + id +
       ", fence " + std::to_string(fence) + ", previous holder: " + previous_text(lease) + ")");
}

void tell_released(const Common &common, const std::string &repo, int64_t held_ms, int exit_code) {
  if (!common.json) return tell("released the lock of " + repo);
  tell_json(JsonObject()
                .text("event", "released")
                .text("repo", repo)
                .number("held_ms", held_ms)
                .number("exit", exit_code));
}

// The lock must have been held to the end, or the command's own status would be a lie.
int let_go(const Common &common, const RunOptions &run, const std::string &repo, const Lease &lease,
           const Outcome &outcome, int64_t held_ms) {
  const auto status = repolock_release(lease.get());
  if (outcome.lost) return outcome.exit_code;
  if (status == REPOLOCK_E_LOST && run.on_lost != OnLost::kIgnore) {
    tell_loss(common, repo, repolock_lease_message(lease.get()), -1);
    if (run.on_lost == OnLost::kTerm) return kExitLost;
  } else if (status != REPOLOCK_OK && status != REPOLOCK_E_LOST && !common.quiet) {
    tell_event(common.json, "unreleased",
               "no answer to the release of " + repo + " (" + repolock_status_name(status) +
                   "): the lock ends by itself");
  } else if (status == REPOLOCK_OK && tells_success(common, run)) {
    tell_released(common, repo, held_ms, outcome.exit_code);
  }
  return outcome.exit_code;
}

Outcome hold(const Common &common, const RunOptions &options, const Config &config,
             const std::string &repo, const Signals &signals, const Terminal &terminal) {
  const Client client = open_client(config);
  const int64_t asked = now_ms();
  const auto [lease, signo] = acquire({common, options, repo, client, signals, terminal});
  if (!lease) {
    return {.exit_code = kExitSignal + signo,
            .interrupted = signo == SIGINT && terminal.foreground()};
  }
  const int64_t obtained = now_ms();
  if (tells_success(common, options)) tell_obtained(common, repo, lease, obtained - asked);
  const CommandLine line = {options.arguments, environment_with(variables_of(repo, lease))};
  Outcome outcome = supervise({common, options, repo, client, lease, signals, terminal}, line);
  outcome.exit_code = let_go(common, options, repo, lease, outcome, now_ms() - obtained);
  return outcome;
}

int run(Common &common, int argc, char **argv) {
  const RunOptions options = parse_run(common, argc, argv);
  const Config config = make_config(common);
  const std::string repo = canonical(config, options.repo);
  // Before the client and its thread. A closed stderr must not end the one who holds the lock, and
  // one in the background may write to the terminal and hand it on.
  const Signals signals({SIGPIPE, SIGTTOU});
  const Terminal terminal;
  const Outcome outcome = hold(common, options, config, repo, signals, terminal);
  if (outcome.interrupted) signals.die_interrupted();
  return outcome.exit_code;
}

}  // namespace

const Subcommand kRun = {
    .name = "run",
    .operands = "REPO [--] COMMAND [ARGUMENT...]",
    .summary = "run a command while holding the lock of a repository",
    .manual =
        R"(Waits until nobody else holds the lock of REPO, runs COMMAND, lets go of the lock, and ends as
COMMAND ended. While it waits, one line on stderr says for whom. COMMAND is executed directly,
with stdin, stdout and stderr as they are; no shell, unless -c asks for one. Options come before
REPO and mean what they mean to flock(1); times are seconds, or have a unit: 0.5, 30s, 5m, 1h.

COMMAND finds in its environment REPOLOCK_REPO (the one spelling of REPO), REPOLOCK_TOKEN (the
fence: a number that grows with each holder), REPOLOCK_ID (the lease), REPOLOCK_PREVIOUS (how the
holder before ended: none, released, crashed, expired, broken) and REPOLOCK_HELD (the leases of
all 'repolock run' around it, by which one that would wait for itself is refused). It runs in a
process group of its own; HUP, INT, QUIT, TERM, USR1, USR2 and WINCH are passed on to it, and
Ctrl-C and Ctrl-Z reach it once. What it leaves in the background when it ends lives on, without
the lock. Should repolock itself be killed, its guardian kills COMMAND and all that it started
before the lock becomes free.

When the lock is lost COMMAND's process group gets SIGTERM at once, and all that it started gets
SIGKILL before the lease ends; where somebody else may have the lock already (it was broken),
within a second.
)",
    .examples = R"(  repolock run owner/name git pull --rebase
  repolock run -w 30s owner/name -- git gc || [ $? = 75 ]   # busy is not an error
  repolock run -n -c 'git fetch && git merge' owner/name
)",
    .takes_command = true,
    .run = run,
};

}  // namespace repolock::shell
