// rows.h - the rows of a snapshot, as the subcommands show them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "handles.h"
#include "json.h"
#include "options.h"
#include "table.h"

namespace repolock::shell {

struct Row {
  std::string repo, lease_id, holder, host, status, message;      // "": none
  int64_t kind, pid, fence, shared, place, age_ms, remaining_ms;  // -1: none
};

// One repository: who holds it, then who waits, in order.
struct RepoRows {
  std::string repo;
  std::vector<Row> holders, waiters;
};

std::vector<Row> rows_of(const Snapshot &snapshot);
RepoRows rows_of_repo(const std::string &repo, const std::vector<Row> &rows);
std::vector<RepoRows> by_repo(const std::vector<Row> &rows);  // sorted

JsonObject json_of(const Row &row);
JsonObject json_of(const RepoRows &repo);
std::string json_of(const std::vector<Row> &rows);

// HOLDER HOST PID AGE FENCE of a table, "-" where nothing is known.
TableRow owner_columns(const Row &row);

// "alice: git fetch (pid 4312, ci-7)".
std::string owner_text(const Row &row);

// The owner in lines, as one reads it before one takes the lock away.
std::string owner_block(const Row &row);

// The command line that takes the lock from row.
std::string break_command(const Common &common, const Row &row);

}  // namespace repolock::shell
