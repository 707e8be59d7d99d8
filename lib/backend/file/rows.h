// rows.h - what a snapshot shows of a queue: copies, as the file goes on changing.
#pragma once

#include <repolock/plugin.h>

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "backend/file/layout.h"

namespace repolock::backend::file {

class Rows {
 public:
  explicit Rows(int64_t now) : now_(now) {}
  Rows(const Rows &) = delete;
  Rows &operator=(const Rows &) = delete;

  void add_holder(const std::string &repo, const Entry &entry);
  void add_waiter(const std::string &repo, const Entry &entry, int64_t place);
  // A finding about path, or one that stands in the way of an answer.
  void add_finding(const std::string &path, const char *status, const std::string &message);

  const std::vector<repolock_row_t> &rows() const { return rows_; }

 private:
  repolock_row_t row_of(int32_t kind, const std::string &repo, const Entry &entry);
  const char *keep(std::string text) { return texts_.emplace_back(std::move(text)).c_str(); }

  int64_t now_;
  std::deque<std::string> texts_;
  std::vector<repolock_row_t> rows_;
};

}  // namespace repolock::backend::file
