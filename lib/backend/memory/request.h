// request.h - a request as the backend keeps it: plugin.h lends its structs for the call only.
#pragma once

#include <repolock/plugin.h>

#include <cstdint>
#include <string>
#include <vector>

namespace repolock::backend::memory {

struct Claim {
  std::string repo;
  std::string lease_id;
  bool shared = false;
  int64_t ttl_ms = 0;
  int32_t ended = 0;
};

struct Owner {
  std::string host;
  std::string holder;
  int64_t pid = -1;
};

struct Request {
  int32_t kind = 0;
  uint64_t id = 0;
  std::vector<Claim> claims;
  Owner owner;
  bool wait = false;
  int64_t deadline_ms = INT64_MAX;

  bool is_late(int64_t now) const { return now > deadline_ms; }
};

Request copy_request(const repolock_backend_request_t &sent);

}  // namespace repolock::backend::memory
