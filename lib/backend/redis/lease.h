// lease.h - one round of a lease of one name. Replies that come late still know it.
#pragma once

#include <repolock/plugin.h>

#include <cstdint>
#include <memory>
#include <string>

namespace repolock::backend::redis {

struct Lease {
  std::string repo;
  std::string id;
  int64_t att = 0;  // never used twice by a client
  bool shared = false;
  int64_t ttl_ms = 0;
  std::string owner;  // its record
  uint64_t fence = 0;
  int32_t previous = REPOLOCK_PREVIOUS_NONE;
  int64_t since = 0;       // granted, by a server's clock
  int64_t until_ms = 0;    // believed until then
  uint32_t let_go_at = 0;  // the servers that were sent a REL of it, a bit each

  std::string id_and_att() const { return id + ':' + std::to_string(att); }
};

using LeasePtr = std::shared_ptr<Lease>;

}  // namespace repolock::backend::redis
