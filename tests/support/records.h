// records.h - deep copies of what a backend told its host, for tests to look at.
#pragma once

#include <repolock/plugin.h>

#include <cstdint>
#include <string>
#include <vector>

namespace repolock::testing {

struct Grant {
  repolock_status_t status = REPOLOCK_E_PENDING;
  std::string message;
  int32_t reason = 0;
  int32_t previous = 0;
  uint64_t fence = 0;
  int64_t valid_until_ms = 0;
  int32_t inherit_fd = -1;
};

struct Row {
  int32_t row = 0;
  std::string repo, lease_id, holder, host, status, message;
  int64_t pid = -1, fence = -1, shared = -1, place = -1, age_ms = -1, remaining_ms = -1;
};

// Before an answer has come its status is E_PENDING.
struct Answer {
  repolock_status_t status = REPOLOCK_E_PENDING;
  std::string message;
  std::vector<Grant> grants;
  std::vector<Row> rows;
  uint64_t order = 0;  // counts up over all drivers of the process: which answer came first

  // Of the request, and if that is OK of its first claim.
  repolock_status_t result() const;
  // The first claim's, or an empty one.
  const Grant &grant() const;
};

struct Waiting {
  uint64_t request_id = 0;
  std::vector<Row> rows;
};

struct Revocation {
  std::string repo, lease_id;
  int32_t reason = 0;
  std::string message;
};

struct NodeEvent {
  std::string node;
  bool up = false;
  std::string message;
};

struct LogLine {
  int32_t level = 0;
  std::string event, message;
};

// From the backend's structs. They are read as plugin.h says: a field is there if it ends within
// struct_size, and an array is stepped through by the size of its first element.
Answer copy_answer(const repolock_answer_t *answer);
std::vector<Row> copy_rows(const repolock_row_t *rows, size_t count);

}  // namespace repolock::testing
