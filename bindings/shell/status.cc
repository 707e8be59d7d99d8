// repolock status - who holds the lock of one repository, and who waits for it.

#include "client.h"
#include "console.h"
#include "exit_codes.h"
#include "rows.h"
#include "subcommands.h"
#include "text.h"

namespace repolock::shell {
namespace {

TableRow line(const std::string &state, const Row &row) {
  TableRow columns = owner_columns(row);
  columns.insert(columns.begin(), row.shared == 1 ? state + ", shared" : state);
  columns.push_back(row.lease_id.empty() ? "-" : printable(row.lease_id));
  return columns;
}

std::string text_of(const RepoRows &repo) {
  std::vector<TableRow> lines = {{"STATE", "HOLDER", "HOST", "PID", "AGE", "FENCE", "ID"}};
  for (const auto &row : repo.holders) lines.push_back(line("holds", row));
  for (const auto &row : repo.waiters) lines.push_back(line("waits", row));
  if (lines.size() == 1) return printable(repo.repo) + " is free\n";
  std::string notes;
  for (const auto &row : repo.holders) {
    if (!row.message.empty()) notes += owner_text(row) + ": " + printable(row.message) + "\n";
  }
  return table(lines) + notes;
}

int status(Common &common, int argc, char **argv) {
  const auto words = parse(kStatus, common, {}, argc, argv);
  const Config config = make_config(common);
  const std::string repo = canonical(config, only_word(kStatus, words));
  const Client client = open_client(config);
  const RepoRows rows = rows_of_repo(repo, rows_of(inspect(client, repo)));
  if (common.json) {
    print(json_of(rows).str() + "\n");
  } else if (!common.quiet) {
    print(text_of(rows));
  }
  return rows.holders.empty() ? kExitNo : kExitDone;
}

}  // namespace

const Subcommand kStatus = {
    .name = "status",
    .operands = "REPO",
    .summary = "who holds the lock of a repository, and who waits for it",
    .manual =
        R"(Shows who holds the lock of REPO and who waits for it, in the order in which they will get it.
Ends with 0 when it is held and with 1 when it is free; -q says no more than that. What it
tells may be over by the time you read it: to do something alone, use 'repolock run'.
)",
    .examples = R"(  repolock status owner/name
  repolock status --json owner/name | jq '.waiters | length'
)",
    .takes_command = false,
    .run = status,
};

}  // namespace repolock::shell
