// repolock break - take a lock from the lease that has it.

#include "client.h"
#include "console.h"
#include "exit_codes.h"
#include "failure.h"
#include "json.h"
#include "subcommands.h"
#include "text.h"

namespace repolock::shell {
namespace {

int break_lease(Common &common, int argc, char **argv) {
  std::string id;
  const std::vector<Option> options = {
      {0, "id", "ID", "the lease to end, as 'repolock status REPO' shows it; required",
       [&id](const char *value) { id = value; }}};
  const auto words = parse(kBreak, common, options, argc, argv);
  const std::string given = only_word(kBreak, words);
  const Config config = make_config(common);
  const std::string repo = canonical(config, given);
  if (id.empty()) {
    throw Failure{kExitUsage,
                  "break needs --id ID, so that it never hits a later holder; 'repolock status " +
                      quoted(given) + "' shows the id"};
  }
  const Client client = open_client(config);
  repolock_op_t *op = nullptr;
  const auto started =
      repolock_break_start(client.get(), repo.data(), repo.size(), id.c_str(), &op);
  try {
    finish(started, op);
  } catch (const Failure &failure) {
    if (failure.status != REPOLOCK_E_LOST) throw;
    throw Failure{kExitNo, failure.message, failure.status};
  }
  if (common.json) {
    print(JsonObject().text("repo", repo).text("id", id).boolean("broken", true).str() + "\n");
  } else if (!common.quiet) {
    print("broke lease " + printable(id) + " of " + repo + "\n");
  }
  return kExitDone;
}

}  // namespace

const Subcommand kBreak = {
    .name = "break",
    .operands = "REPO --id ID",
    .summary = "take a lock away from the lease that holds it",
    .manual =
        R"(Ends the lease ID of REPO; the next in the queue gets the lock at once. A holder that is a
'repolock run' stops its command (SIGTERM, within a second SIGKILL) and ends with 123; any
other program is told, and may take its time: look at it first. Ends with 1 when that lease
does not hold the lock (any more).
)",
    .examples = R"(  repolock break owner/name --id 8f3c5d0e9b7a4c2f8f3c5d0e9b7a4c2f
)",
    .takes_command = false,
    .run = break_lease,
};

}  // namespace repolock::shell
