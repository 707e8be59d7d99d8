#include "rows.h"

#include <map>

#include "duration.h"
#include "text.h"

namespace repolock::shell {
namespace {

std::string number_or_dash(int64_t number) {
  return number < 0 ? "-" : std::to_string(number);
}
std::string text_or_dash(const std::string &text) {
  return text.empty() ? "-" : printable(text);
}

Row row_at(const repolock_snapshot_t *snapshot, size_t i) {
  const auto text = [&](int32_t which) {
    return std::string(repolock_snapshot_text(snapshot, i, which));
  };
  const auto number = [&](int32_t which) { return repolock_snapshot_number(snapshot, i, which); };
  return {.repo = text(REPOLOCK_TEXT_REPO),
          .lease_id = text(REPOLOCK_TEXT_LEASE_ID),
          .holder = text(REPOLOCK_TEXT_HOLDER),
          .host = text(REPOLOCK_TEXT_HOST),
          .status = text(REPOLOCK_TEXT_STATUS),
          .message = text(REPOLOCK_TEXT_MESSAGE),
          .kind = number(REPOLOCK_NUMBER_ROW),
          .pid = number(REPOLOCK_NUMBER_PID),
          .fence = number(REPOLOCK_NUMBER_FENCE),
          .shared = number(REPOLOCK_NUMBER_SHARED),
          .place = number(REPOLOCK_NUMBER_PLACE),
          .age_ms = number(REPOLOCK_NUMBER_AGE_MS),
          .remaining_ms = number(REPOLOCK_NUMBER_REMAINING_MS)};
}

}  // namespace

std::vector<Row> rows_of(const Snapshot &snapshot) {
  std::vector<Row> rows;
  for (size_t i = 0; i < repolock_snapshot_size(snapshot.get()); ++i) {
    rows.push_back(row_at(snapshot.get(), i));
  }
  return rows;
}

RepoRows rows_of_repo(const std::string &repo, const std::vector<Row> &rows) {
  RepoRows out{repo, {}, {}};
  for (const auto &row : rows) {
    if (row.repo != repo) continue;
    if (row.kind == REPOLOCK_ROW_HOLDER) out.holders.push_back(row);
    if (row.kind == REPOLOCK_ROW_WAITER) out.waiters.push_back(row);
  }
  return out;
}

std::vector<RepoRows> by_repo(const std::vector<Row> &rows) {
  std::map<std::string, RepoRows> sorted;
  for (const auto &row : rows) {
    if (row.kind != REPOLOCK_ROW_NODE) sorted.try_emplace(row.repo, rows_of_repo(row.repo, rows));
  }
  std::vector<RepoRows> out;
  out.reserve(sorted.size());
  for (auto &[repo, of_repo] : sorted) out.push_back(std::move(of_repo));
  return out;
}

JsonObject json_of(const Row &row) {
  JsonObject json;
  json.text_or_null("holder", row.holder)
      .text_or_null("host", row.host)
      .number_or_null("pid", row.pid)
      .number_or_null("age_ms", row.age_ms)
      .number_or_null("fence", row.fence)
      .boolean("shared", row.shared == 1)
      .text_or_null("id", row.lease_id);
  if (row.kind == REPOLOCK_ROW_WAITER) json.number_or_null("place", row.place);
  // The largest number stands for "no end".
  if (row.kind == REPOLOCK_ROW_HOLDER) {
    json.number_or_null("remaining_ms", row.remaining_ms == INT64_MAX ? -1 : row.remaining_ms)
        .text_or_null("message", row.message);
  }
  return json;
}

JsonObject json_of(const RepoRows &repo) {
  JsonObject json;
  json.text("repo", repo.repo).boolean("held", !repo.holders.empty());
  return json.raw("holders", json_of(repo.holders)).raw("waiters", json_of(repo.waiters));
}

std::string json_of(const std::vector<Row> &rows) {
  std::vector<std::string> elements;
  elements.reserve(rows.size());
  for (const auto &row : rows) elements.push_back(json_of(row).str());
  return json_array(elements);
}

TableRow owner_columns(const Row &row) {
  return {text_or_dash(row.holder), text_or_dash(row.host), number_or_dash(row.pid),
          row.age_ms < 0 ? "-" : age_text(row.age_ms), number_or_dash(row.fence)};
}

std::string owner_text(const Row &row) {
  std::string out = row.holder.empty() ? "somebody" : printable(row.holder);
  std::string where = row.pid < 0 ? "" : "pid " + std::to_string(row.pid);
  if (!row.host.empty()) where += (where.empty() ? "" : ", ") + printable(row.host);
  return where.empty() ? out : out + " (" + where + ")";
}

std::string owner_block(const Row &row) {
  return table({{"  Holder:", text_or_dash(row.holder)},
                {"  Host:", text_or_dash(row.host)},
                {"  Pid:", number_or_dash(row.pid)},
                {"  Held for:", row.age_ms < 0 ? "-" : age_text(row.age_ms)},
                {"  Lease id:", text_or_dash(row.lease_id)}});
}

std::string break_command(const Common &common, const Row &row) {
  std::string out = "repolock break ";
  // What stands in the environment is there for the next command too; a password is nothing to print.
  if (common.backend_given && common.backend.find('@') == std::string::npos) {
    out += "--backend " + quoted(common.backend) + " ";
  }
  return out + quoted(printable(row.repo)) + " --id " + quoted(printable(row.lease_id));
}

}  // namespace repolock::shell
