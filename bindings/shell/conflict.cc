#include "conflict.h"

#include "console.h"
#include "duration.h"
#include "nested.h"
#include "rows.h"

namespace repolock::shell {
namespace {

RepoRows rows_of_op(const std::string &repo, const Op &op) {
  repolock_snapshot_t *snapshot = nullptr;
  if (repolock_op_snapshot(op.get(), &snapshot) != REPOLOCK_OK) return {repo, {}, {}};
  return rows_of_repo(repo, rows_of(Snapshot(snapshot)));
}

// A lock that another library has put there has no lease id, and cannot be broken by one.
std::string text_of(const Common &common, const RunOptions &run, const RepoRows &rows,
                    const char *message) {
  if (rows.holders.empty()) return message;
  std::string out = rows.repo + " was not obtained" +
                    (run.wait_ms > 0 ? " within " + span_text(run.wait_ms) : "") + ": it is held\n";
  for (const auto &holder : rows.holders) {
    out += owner_block(holder);
    if (!holder.lease_id.empty())
      out += "To take the lock away from this holder: " + break_command(common, holder) + "\n";
  }
  out.pop_back();
  return out;
}

JsonObject json_of_conflict(const Common &common, const RepoRows &rows, const Failure &failure) {
  JsonObject json;
  json.text("event", "error")
      .number("exit", failure.exit_code)
      .text("status", repolock_status_name(failure.status))
      .text("message", failure.message)
      .text("repo", rows.repo)
      .raw("holders", json_of(rows.holders));
  if (!rows.holders.empty() && !rows.holders[0].lease_id.empty())
    json.text("break", break_command(common, rows.holders[0]));
  return json;
}

}  // namespace

Failure conflict(const Common &common, const RunOptions &run, const std::string &repo,
                 const Op &op) {
  const auto status = repolock_op_status(op.get());
  const char *message = repolock_op_message(op.get());
  Failure failure{exit_code_of(status), *message ? message : repolock_status_name(status), status};
  if (status != REPOLOCK_E_HELD && status != REPOLOCK_E_TIMEOUT) return failure;
  failure.exit_code = run.conflict_exit_code;
  const RepoRows rows = rows_of_op(repo, op);
  refuse_nested(rows);
  if (common.quiet) {
    // -q: the exit code says it.
  } else if (common.json) {
    tell_json(json_of_conflict(common, rows, failure));
  } else {
    tell(text_of(common, run, rows, message));
  }
  failure.message.clear();
  return failure;
}

}  // namespace repolock::shell
