// rows.h - what a snapshot shows of a name and of a server: plugin.h's rows, with their texts.
#pragma once

#include <repolock/plugin.h>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "backend/redis/record.h"

namespace repolock::backend::redis {

class Rows {
 public:
  // lock_delay_ms: how much longer a lease of ours is in the server than it lasts.
  explicit Rows(int64_t lock_delay_ms = 0) : lock_delay_ms_(lock_delay_ms) {}
  Rows(const Rows &) = delete;
  Rows &operator=(const Rows &) = delete;

  // server_now: the server's clock when it told of it. left: ms that the
  // server keeps it, -1 no end.
  void add_holder(const std::string &repo, const LeaseRecord &lease, bool shared, int64_t fence,
                  int64_t server_now, int64_t left);
  // Of the holder that was added last: how many servers have it, and so may fail.
  void say_margin(size_t holding, size_t servers, size_t quorum);
  // The lock of another library: its value is all that is known.
  void add_foreign(const std::string &repo, std::string_view value, int64_t left);
  void add_waiter(const std::string &repo, const LeaseRecord &lease, bool shared, int64_t place,
                  int64_t age_ms);
  // What a server answered, or a finding about it.
  void add_node(const std::string &server, const char *status, const std::string &message);

  const std::vector<repolock_row_t> &rows() const { return rows_; }

 private:
  repolock_row_t row_of(int32_t kind, const std::string &repo, const LeaseRecord &lease);
  const char *keep(std::string text) { return texts_.emplace_back(std::move(text)).c_str(); }

  int64_t lock_delay_ms_;
  std::deque<std::string> texts_;
  std::vector<repolock_row_t> rows_;
};

}  // namespace repolock::backend::redis
