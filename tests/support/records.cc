#include "support/records.h"

#include <atomic>

#include "support/foreign.h"

namespace repolock::testing {

namespace {

std::string text(const char *from) {
  return from == nullptr ? "" : from;
}

std::atomic<uint64_t> g_order{0};

Grant copy_grant(const repolock_grant_t &from) {
  return {from.status, text(from.message),  from.reason,    from.previous,
          from.fence,  from.valid_until_ms, from.inherit_fd};
}

Row copy_row(const repolock_row_t &from) {
  return {from.row,         text(from.repo),   text(from.lease_id), text(from.holder),
          text(from.host),  text(from.status), text(from.message),  from.pid,
          from.fence,       from.shared,       from.place,          from.age_ms,
          from.remaining_ms};
}

}  // namespace

repolock_status_t Answer::result() const {
  return status != REPOLOCK_OK || grants.empty() ? status : grants.front().status;
}

const Grant &Answer::grant() const {
  static const Grant kNone;
  return grants.empty() ? kNone : grants.front();
}

std::vector<Row> copy_rows(const repolock_row_t *rows, size_t count) {
  std::vector<Row> copies;
  for (const auto &row : read_array(rows, count)) copies.push_back(copy_row(row));
  return copies;
}

Answer copy_answer(const repolock_answer_t *sent) {
  const auto answer = read_struct<repolock_answer_t>(sent);
  Answer copy;
  copy.status = answer.status;
  copy.message = text(answer.message);
  for (const auto &grant : read_array(answer.grants, answer.grant_count)) {
    copy.grants.push_back(copy_grant(grant));
  }
  copy.rows = copy_rows(answer.rows, answer.row_count);
  copy.order = ++g_order;
  return copy;
}

}  // namespace repolock::testing
