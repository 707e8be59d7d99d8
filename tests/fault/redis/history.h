// history.h - what all workers of a run saw and did, in memory that they share and that outlives them.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "fault/locking.h"

namespace repolock::testing {

// One lease. Times are of CLOCK_MONOTONIC, which is the same in all processes.
struct Turn {
  std::atomic<int32_t> name{0};
  std::atomic<int64_t> invoked{0}, returned{0};  // returned 0: not obtained, or not yet
  std::atomic<int64_t> held_until{0};  // the last moment at which it was told that it holds
  std::atomic<uint64_t> fence{0};      // 0: it has none
};

// A value with all its writes. It accepts what has no smaller fence than the last one; without a
// fence, everything.
class Register {
 public:
  void write(const Turn *turns, size_t writer) {
    for (size_t last = size_; last + 1 < writes_.size(); last = size_) {
      const size_t before = last == 0 ? 0 : writes_[last - 1].load();
      if (last > 0 && turns[writer].fence < turns[before - 1].fence) return;
      size_t none = 0;
      const bool is_written = writes_[last].compare_exchange_strong(none, writer + 1);
      size_t expected = last;
      size_.compare_exchange_strong(expected, last + 1);  // or another one has helped
      if (is_written) return;
    }
  }
  size_t size() const { return size_; }
  size_t writer(size_t i) const { return writes_[i] - 1; }

 private:
  std::array<std::atomic<size_t>, 1 << 15> writes_{};
  std::atomic<size_t> size_{0};
};

struct History {
  std::array<Turn, 1 << 16> turns;
  std::atomic<size_t> size{0};
  std::atomic<uint64_t> obtained{0};
  Register fenced;
  // The counter is read, and a little later written: of two who do that at once one is lost.
  std::atomic<uint64_t> counter{0}, counted{0};
  std::atomic<uint64_t> late_writes{0};  // of it, when the lease was over: no lock can help that
  std::atomic<bool> is_over{false};
};

}  // namespace repolock::testing
