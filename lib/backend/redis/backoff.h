// backoff.h - how long to wait before the next try: full jitter, so that a crowd of clients does not
// come back to a server at once.
#pragma once

#include <cstdint>

namespace repolock::backend::redis {

class Backoff {
 public:
  // 1 to min(2000, 50 * 2^n) ms, n the failures since the last settle(). random: any number.
  int64_t next_ms(uint64_t random);
  void settle() { failures_ = 0; }

 private:
  int failures_ = 0;
};

}  // namespace repolock::backend::redis
