#include "backend/redis/backoff.h"

#include <algorithm>

namespace repolock::backend::redis {

int64_t Backoff::next_ms(uint64_t random) {
  constexpr uint64_t kFirst = 50, kMost = 2000;
  constexpr int kDoublings = 6;  // then it is above the most
  const uint64_t most = std::min(kMost, kFirst << failures_);
  failures_ = std::min(failures_ + 1, kDoublings);
  return static_cast<int64_t>(1 + random % most);
}

}  // namespace repolock::backend::redis
