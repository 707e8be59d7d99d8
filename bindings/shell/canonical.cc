// repolock canonical - the one spelling of a repository.

#include "client.h"
#include "exit_codes.h"
#include "help.h"
#include "json.h"
#include "subcommands.h"

namespace repolock::shell {
namespace {

int canonical_name(Common &common, int argc, char **argv) {
  const auto words = parse(kCanonical, common_options(common), argc, argv);
  const std::string name = only_word(kCanonical, words);
  const std::string repo = canonical(make_config(common), name);
  print(common.json ? JsonObject().text("name", name).text("repo", repo).str() + "\n"
                    : repo + "\n");
  return kExitDone;
}

}  // namespace

const Subcommand kCanonical = {
    .name = "canonical",
    .operands = "NAME",
    .summary = "the name under which a repository is locked",
    .manual =
        R"(Prints the one spelling under which NAME is locked. Two names with the same spelling are one
lock. It asks no backend.
)",
    .examples = R"(  repolock canonical git@github.com:Owner/Name.git
)",
    .takes_command = false,
    .run = canonical_name,
};

}  // namespace repolock::shell
