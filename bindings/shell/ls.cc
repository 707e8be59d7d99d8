// repolock ls - all locks that are held or waited for.

#include "client.h"
#include "console.h"
#include "exit_codes.h"
#include "listing.h"
#include "subcommands.h"

namespace repolock::shell {
namespace {

int ls(Common &common, int argc, char **argv) {
  const auto words = parse(kLs, common, {}, argc, argv);
  if (!words.empty()) {
    misused(kLs, std::string("it takes no words, so not '") + words[0] +
                     "': of one repository tells 'repolock status'");
  }
  const Client client = open_client(make_config(common));
  const auto repos = by_repo(rows_of(inspect(client, "")));
  std::string out;
  if (common.json) {
    for (const auto &object : listing_json(repos)) out += object + "\n";
  } else {
    out = listing_text(repos, common.quiet);
  }
  print(out);
  return kExitDone;
}

}  // namespace

const Subcommand kLs = {
    .name = "ls",
    .operands = "",
    .summary = "all locks that are held, with holder and number of waiters",
    .manual =
        R"(Lists every repository whose lock is held or waited for: who holds it, on which host, as which
process, for how long, under which fence, and how many wait. With -q only the names, a line each;
with --json an object for each repository, as 'repolock status' prints it.
)",
    .examples = R"(  repolock ls
  repolock ls --json | jq -r 'select(.waiters | length > 9) | .repo'
)",
    .takes_command = false,
    .run = ls,
};

}  // namespace repolock::shell
