#include "backend/file/rows.h"

#include <algorithm>

#include "port/process_age.h"

namespace repolock::backend::file {

namespace {

// The kernel says that the lock is held, but not by the process that took it. Nobody asks for one
// that was taken just now: it would cost each waiter more than all the rest.
bool is_held_by_a_child(const Entry &entry, int64_t now) {
  constexpr int64_t kYoungMs = 100;
  return now - entry.progress.granted_ms > kYoungMs && entry.pid_namespace != 0 &&
         entry.pid_namespace == port::pid_namespace() &&
         port::process_is_gone(entry.pid, entry.pid_start);
}

}  // namespace

repolock_row_t Rows::row_of(int32_t kind, const std::string &repo, const Entry &entry) {
  repolock_row_t row{};
  row.struct_size = sizeof row;
  row.row = kind;
  row.repo = keep(repo);
  row.lease_id = keep(entry.lease_id);
  row.holder = keep(entry.holder);
  row.host = keep(entry.host);
  row.pid = entry.pid;
  row.fence = row.place = row.remaining_ms = -1;
  row.shared = entry.shared != 0 ? 1 : 0;
  return row;
}

void Rows::add_holder(const std::string &repo, const Entry &entry) {
  repolock_row_t row = row_of(REPOLOCK_ROW_HOLDER, repo, entry);
  row.fence = static_cast<int64_t>(entry.progress.fence);
  row.age_ms = std::max<int64_t>(0, now_ - entry.progress.granted_ms);
  row.remaining_ms = INT64_MAX;
  if (is_held_by_a_child(entry, now_))
    row.message = "its process is gone, a child of it still holds the lock";
  rows_.push_back(row);
}

void Rows::add_waiter(const std::string &repo, const Entry &entry, int64_t place) {
  repolock_row_t row = row_of(REPOLOCK_ROW_WAITER, repo, entry);
  row.place = place;
  row.age_ms = std::max<int64_t>(0, now_ - entry.enqueued_ms);
  rows_.push_back(row);
}

void Rows::add_finding(const std::string &path, const char *status, const std::string &message) {
  repolock_row_t row{};
  row.struct_size = sizeof row;
  row.row = REPOLOCK_ROW_NODE;
  row.host = keep(path);
  row.status = status;
  row.message = keep(message);
  row.pid = row.fence = row.shared = row.place = row.age_ms = row.remaining_ms = -1;
  rows_.push_back(row);
}

}  // namespace repolock::backend::file
