// lease.h - one attempt on one name, from asking to its end: it waits, holds, and has ended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "backend/memory/request.h"

namespace repolock::backend::memory {

class Listener;

// now + ms, where ms may be without end.
constexpr int64_t after(int64_t now, int64_t ms) {
  return ms >= INT64_MAX - now ? INT64_MAX : now + ms;
}

struct Lease {
  std::string id;
  Owner owner;
  bool shared = false;
  int64_t ttl_ms = 0;
  int64_t since_ms = 0;  // waits, or holds, since

  // Who is told of it. NULL once that client was closed: what it held is left to its ttl.
  Listener *listener = nullptr;
  uint64_t request_id = 0;

  // While it waits.
  bool patient = true;  // false: it is refused if it cannot have the lock at once
  int64_t deadline_ms = INT64_MAX;
  size_t told_place = 0;
  uint64_t told_holders = 0;

  // While it holds.
  int64_t end_ms = INT64_MAX;
  uint64_t fence = 0;
  int32_t previous = 0;  // REPOLOCK_PREVIOUS_*: of the one before it

  // Once it has ended without a release: REPOLOCK_LOST_*
  int32_t reason = 0;
};

}  // namespace repolock::backend::memory
