// repolock canonical - the one spelling of a repository.

#include "client.h"
#include "console.h"
#include "exit_codes.h"
#include "json.h"
#include "subcommands.h"

namespace repolock::shell {
namespace {

int canonical_name(Common &common, int argc, char **argv) {
  const auto words = parse(kCanonical, common, {}, argc, argv);
  const std::string name = only_word(kCanonical, words);
  const std::string repo = canonical(make_config(common), name);
  if (common.json) {
    print(JsonObject().text("name", name).text("repo", repo).str() + "\n");
  } else if (!common.quiet) {
    print(repo + "\n");
  }
  return kExitDone;
}

}  // namespace

const Subcommand kCanonical = {
    .name = "canonical",
    .operands = "NAME",
    .summary = "the name under which a repository is locked",
    .manual =
        R"(Prints the one spelling under which NAME is locked. Two names with the same spelling are one
lock. It asks no backend; -q only says by the exit code whether NAME can be one.
)",
    .examples = R"(  repolock canonical git@github.com:Owner/Name.git
)",
    .takes_command = false,
    .run = canonical_name,
};

}  // namespace repolock::shell
