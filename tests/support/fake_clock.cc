#include "support/fake_clock.h"

#include <algorithm>

#include "support/backend_driver.h"

namespace repolock::testing {

void FakeClock::settle() {
  // A backend that never comes to rest would go on for ever; a thousand rounds are plenty.
  for (int round = 0; round < 1000; ++round) {
    bool moved = false;
    for (auto *driver : drivers_) moved = driver->turn(0) || moved;
    if (!moved) return;
  }
}

void FakeClock::advance(int64_t ms) {
  const int64_t target = now() + ms;
  for (;;) {
    settle();
    int64_t next = INT64_MAX;
    for (const auto *driver : drivers_) next = std::min(next, driver->next_timer());
    if (next > target) break;
    now_ = std::max(now(), next);
  }
  now_ = target;
  settle();
}

}  // namespace repolock::testing
