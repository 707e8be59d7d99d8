// on_nodes.h - a client of some nodes, with leases so short that a test can wait for their end.
#pragma once

#include <unistd.h>

#include <string>

#include "fault/locking.h"
#include "fault/redis/locker.h"

namespace repolock::testing {

inline Client open_at(const std::string &url, int64_t wait_ms, const char *restart_guard = "auto") {
  const std::string wait = std::to_string(wait_ms), ttl = std::to_string(kLeaseTtl),
                    max_ttl = std::to_string(kMaxTtl);
  return open_client(url, {{"max_ttl_ms", max_ttl.c_str()},
                           {"ttl_ms", ttl.c_str()},
                           {"wait_ms", wait.c_str()},
                           {"node_timeout_ms", "300"},
                           {"redis.restart_guard", restart_guard}});
}
inline Client open_on(const Nodes &nodes, int64_t wait_ms) {
  return open_at(nodes.url(), wait_ms);
}

inline bool is_held(const Lease &lease) {
  return repolock_lease_status(lease.get()) == REPOLOCK_OK;
}

inline constexpr char kRepo[] = "owner/name";
inline constexpr char kLockKey[] = "repolock:{owner/name}";
inline constexpr char kFenceKey[] = "repolock:{owner/name}:f";

// On how many of the nodes somebody has the name.
inline int64_t lock_count(const Nodes &nodes) {
  int64_t count = 0;
  for (const auto &node : nodes) count += node->number({"EXISTS", kLockKey}) == 1 ? 1 : 0;
  return count;
}

// Waits for it; only a hang is a failure.
template <class Condition>
bool comes_true(Condition condition) {
  constexpr int64_t kPatienceNs = 30'000'000'000;
  for (const int64_t end = now_ns() + kPatienceNs; now_ns() < end; usleep(2000))
    if (condition()) return true;
  return false;
}

}  // namespace repolock::testing
