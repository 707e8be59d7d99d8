#include "backend/redis/rows.h"

#include <algorithm>
#include <utility>

namespace repolock::backend::redis {

namespace {

constexpr size_t kLongestForeign = 200;

repolock_row_t empty_row(int32_t kind) {
  repolock_row_t row{};
  row.struct_size = sizeof row;
  row.row = kind;
  row.pid = row.fence = row.shared = row.place = row.age_ms = row.remaining_ms = -1;
  return row;
}

// Whatever another program has written: as one line of plain letters.
std::string plain(std::string_view value) {
  std::string text(value.substr(0, kLongestForeign));
  std::ranges::replace_if(
      text, [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

}  // namespace

repolock_row_t Rows::row_of(int32_t kind, const std::string &repo, const LeaseRecord &lease) {
  repolock_row_t row = empty_row(kind);
  row.repo = keep(repo);
  row.lease_id = keep(lease.lease_id);
  row.holder = keep(lease.owner.holder);
  row.host = keep(lease.owner.host);
  row.pid = lease.owner.pid;
  return row;
}

void Rows::add_holder(const std::string &repo, const LeaseRecord &lease, bool shared, int64_t fence,
                      int64_t server_now, int64_t left) {
  repolock_row_t row = row_of(REPOLOCK_ROW_HOLDER, repo, lease);
  row.shared = shared ? 1 : 0;
  row.fence = fence;
  row.age_ms = std::max<int64_t>(0, server_now - lease.since);
  row.remaining_ms = left < 0 ? INT64_MAX : std::max<int64_t>(0, left - lock_delay_ms_);
  rows_.push_back(row);
}

void Rows::say_margin(size_t holding, size_t servers, size_t quorum) {
  const size_t margin = holding - quorum;
  rows_.back().message = keep("on " + std::to_string(holding) + " of " + std::to_string(servers) +
                              " servers: " + std::to_string(margin) + " of them may fail");
}

void Rows::add_foreign(const std::string &repo, std::string_view value, int64_t left) {
  repolock_row_t row = empty_row(REPOLOCK_ROW_HOLDER);
  row.repo = keep(repo);
  row.holder = keep(plain(value) + " (another library's lock)");
  if (is_lease_id(value)) row.lease_id = keep(std::string(value));  // enough to break it by
  row.shared = 0;
  row.remaining_ms = left < 0 ? INT64_MAX : left;
  rows_.push_back(row);
}

void Rows::add_waiter(const std::string &repo, const LeaseRecord &lease, bool shared, int64_t place,
                      int64_t age_ms) {
  repolock_row_t row = row_of(REPOLOCK_ROW_WAITER, repo, lease);
  row.shared = shared ? 1 : 0;
  row.place = place;
  row.age_ms = std::max<int64_t>(0, age_ms);
  rows_.push_back(row);
}

void Rows::add_node(const std::string &server, const char *status, const std::string &message) {
  repolock_row_t row = empty_row(REPOLOCK_ROW_NODE);
  row.host = keep(server);
  row.status = status;
  row.message = keep(message);
  rows_.push_back(row);
}

}  // namespace repolock::backend::redis
