// batch.h - a request of several claims, answered when all of them are settled.
#pragma once

#include <repolock/plugin.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "backend/host/host.h"
#include "backend/redis/client.h"

namespace repolock::backend::redis {

struct Client::Batch {
  Batch(uint64_t request, size_t claims)
      : request(request), grants(claims), messages(claims), unsettled(claims) {}

  // True: that was the last one.
  bool settle(size_t index, const repolock_grant_t &grant, std::string message) {
    grants[index] = grant;
    messages[index] = std::move(message);
    return --unsettled == 0;
  }

  const std::vector<repolock_grant_t> &answers() {
    for (size_t i = 0; i < grants.size(); ++i)
      if (!messages[i].empty()) grants[i].message = messages[i].c_str();
    return grants;
  }

  const uint64_t request;
  std::vector<repolock_grant_t> grants;
  std::vector<std::string> messages;
  size_t unsettled;
};

inline repolock_grant_t lost_grant(int32_t reason) {
  repolock_grant_t grant = new_grant(REPOLOCK_E_LOST);
  grant.reason = reason;
  return grant;
}

// Claim i, whose sender may know longer claims than we do.
inline const repolock_claim_t &claim_at(const repolock_backend_request_t &sent, size_t index) {
  const auto *bytes = reinterpret_cast<const unsigned char *>(sent.claims);
  return *reinterpret_cast<const repolock_claim_t *>(bytes + index * sent.claims->struct_size);
}

}  // namespace repolock::backend::redis
