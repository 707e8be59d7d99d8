// settings.h - what a client of Redis was told by its URL and its options.
#pragma once

#include <cstdint>
#include <string>

#include "backend/redis/address.h"
#include "backend/redis/keys.h"

namespace repolock::backend::redis {

enum class RestartGuard {
  kAuto,    // a server without any guard is a first use; one that was restarted waits
  kStrict,  // both wait
  kOff      // nobody waits: what was lost by a restart may be granted twice
};

struct Settings {
  Address address;
  KeyStyle keys;
  int64_t max_ttl_ms = 30'000;
  int64_t lock_delay_ms = 1000;  // added to the server's PX only
  int64_t answer_ms = 1800;      // before the library itself gives up the answer
  RestartGuard restart_guard = RestartGuard::kAuto;
  bool has_durable_writes = false;  // appendfsync always: a restart loses nothing
  size_t quorum = 1;                // so many servers decide

  // The longest PX there is: after it nothing of before is alive.
  int64_t cap_ms() const { return max_ttl_ms + lock_delay_ms; }
  // What all clients of a server must have in common: one that lets it in does so for all.
  std::string fingerprint() const {
    return "1:max_ttl=" + std::to_string(max_ttl_ms) + ",delay=" + std::to_string(lock_delay_ms) +
           (restart_guard == RestartGuard::kOff ? ",guard=off" : "") +
           (has_durable_writes ? ",durability=aof_always" : "") +
           (keys.is_shared_with_others() ? ",lock_key=" + keys.lock_key : "") +
           (address.is_quorum ? ",quorum=" + std::to_string(quorum) + '/' + nodes_fingerprint()
                              : "");
  }
  // How many servers there are, and a hash of their names in order.
  std::string nodes_fingerprint() const;
};

// How long a lease that was asked for at sent_ms is believed: less a rate error of 1 % and a tick.
inline int64_t valid_until(int64_t sent_ms, int64_t ttl_ms) {
  return sent_ms + ttl_ms - ttl_ms / 100 - 2;
}

}  // namespace repolock::backend::redis
