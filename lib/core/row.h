// row.h - one line of a snapshot: a holder, a waiter or a node, as the backend tells of it; or a
// backend itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace repolock::core {

enum class RowKind : int32_t {
  kHolder = 1,
  kWaiter = 2,
  kNode = 3,
  kBackend = 4
};

// An empty text or -1: no such field in this row.
struct Row {
  RowKind kind = RowKind::kHolder;
  std::string repo, lease_id, holder, host, status, message;
  int64_t pid = -1;
  int64_t fence = -1;
  int64_t shared = -1;
  int64_t place = -1;         // waiter: 1 = next
  int64_t age_ms = -1;        // holds, or waits, since
  int64_t remaining_ms = -1;  // holder: until it ends unless renewed
  // backend: what it says of itself, and where it came from ("": built in)
  std::string schemes, version, file;
  int64_t abi = -1;
  int64_t capabilities = -1;
};

using Rows = std::vector<Row>;

}  // namespace repolock::core
