// fake_clock.h - time that stands still until a test moves it, for one or several drivers.
//
//   FakeClock clock;
//   BackendDriver one(&clock), two(&clock);
//   clock.advance(30'000);
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace repolock::testing {

class BackendDriver;

// Used by one thread; only now() by any.
class FakeClock {
 public:
  int64_t now() const { return now_.load(); }

  // Stops at every point in time at which a timer of an attached driver is due, fires it, and runs
  // the posts and ready descriptors of all drivers before it goes on.
  void advance(int64_t ms);

 private:
  friend class BackendDriver;
  void settle();

  std::atomic<int64_t> now_{1'000'000};
  std::vector<BackendDriver *> drivers_;
};

}  // namespace repolock::testing
