// repolock ls - all locks that are held or waited for.

#include "client.h"
#include "exit_codes.h"
#include "failure.h"
#include "help.h"
#include "rows.h"
#include "subcommands.h"
#include "text.h"

namespace repolock::shell {
namespace {

void add_lines(std::vector<TableRow> &lines, const RepoRows &repo) {
  const std::string waiters = std::to_string(repo.waiters.size());
  const auto add = [&](TableRow columns) {
    columns.insert(columns.begin(), printable(repo.repo));
    columns.push_back(waiters);
    lines.push_back(std::move(columns));
  };
  for (const auto &holder : repo.holders) add(owner_columns(holder));
  if (repo.holders.empty()) add({"-", "-", "-", "-", "-"});  // between two holders
}

int ls(Common &common, int argc, char **argv) {
  const auto words = parse(kLs, common_options(common), argc, argv);
  if (!words.empty()) {
    misused(kLs, std::string("it takes no words, so not '") + words[0] +
                     "': of one repository tells 'repolock status'");
  }
  const Client client = open_client(make_config(common));
  const auto repos = by_repo(rows_of(inspect(client, "")));
  std::vector<TableRow> lines = {{"REPO", "HOLDER", "HOST", "PID", "AGE", "FENCE", "WAITERS"}};
  std::vector<std::string> elements;
  for (const auto &repo : repos) {
    add_lines(lines, repo);
    elements.push_back(json_of(repo).str());
  }
  print(common.json ? json_array(elements) + "\n" : table(lines));
  return kExitDone;
}

}  // namespace

const Subcommand kLs = {
    .name = "ls",
    .operands = "",
    .summary = "all locks that are held, with holder and number of waiters",
    .manual =
        R"(Lists every repository whose lock is held or waited for: who holds it, on which host, as which
process, for how long, under which fence, and how many wait.
)",
    .examples = R"(  repolock ls
  repolock ls --json | jq -r '.[] | select(.waiters | length > 9) | .repo'
)",
    .takes_command = false,
    .run = ls,
};

}  // namespace repolock::shell
