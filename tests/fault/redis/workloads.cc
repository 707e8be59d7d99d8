#include "fault/redis/workloads.h"

#include <unistd.h>

#include <algorithm>
#include <random>
#include <string>

namespace repolock::testing {

namespace {

enum Name {
  kPlain,
  kCounter,
  kRegister,
  kLong,
  kMany,
  kManyEnd = kMany + 8
};

class Worker {
 public:
  Worker(Locker &locker, History &history, uint32_t seed)
      : locker_(locker), history_(history), random_(seed) {}

  void one_long_turn() {
    if (!begin(kLong)) return;
    for (const int64_t end = now_ns() + 2 * kLeaseTtl * 1'000'000;
         now_ns() < end && !history_.is_over && is_held();)
      usleep(4000);
    end_turn();
  }

  void one_short_turn() {
    switch (random_() % 3) {
      case 0:
        return acquire_and_release(kPlain);
      case 1:
        return count();
      default:
        return acquire_and_release(
            kMany + static_cast<int32_t>(random_() % static_cast<uint32_t>(kManyEnd - kMany)));
    }
  }

  // Its second write looks at nothing first: that is what the fence is for.
  void write_register() {
    if (!begin(kRegister)) return;
    history_.fenced.write(history_.turns.data(), index_);
    rest(20'000);
    is_held();
    history_.fenced.write(history_.turns.data(), index_);
    end_turn();
  }

  void rest(useconds_t most_us) { usleep(static_cast<useconds_t>(random_() % most_us)); }

 private:
  bool begin(int32_t name) {
    const size_t index = history_.size++;
    if (index >= history_.turns.size()) return false;
    index_ = index;
    Turn &turn = history_.turns[index];
    turn.name = name;
    turn.invoked = now_ns();
    lock_ = locker_.acquire("fault/name" + std::to_string(name));
    if (lock_ == nullptr) return false;
    turn.fence = lock_->fence();
    turn.returned = now_ns();
    ++history_.obtained;
    return true;
  }
  // At that moment it held, if it holds still.
  bool is_held() {
    const int64_t asked = now_ns();
    const bool holds = lock_->is_held();
    if (holds) history_.turns[index_].held_until = asked;
    return holds;
  }
  void end_turn() {
    is_held();
    lock_->release();
    lock_ = nullptr;
  }

  void acquire_and_release(int32_t name) {
    if (!begin(name)) return;
    is_held();
    rest(2000);
    end_turn();
  }

  void count() {
    if (!begin(kCounter)) return;
    const uint64_t before = history_.counter;
    rest(5000);
    if (is_held()) {
      history_.counter = before + 1;
      if (is_held())
        ++history_.counted;
      else
        ++history_.late_writes;
    }
    end_turn();
  }

  Locker &locker_;
  History &history_;
  std::minstd_rand random_;
  std::unique_ptr<HeldLock> lock_;
  size_t index_ = 0;
};

}  // namespace

void work(Locker &locker, History &history, size_t worker, uint32_t seed) {
  Worker self(locker, history, seed);
  while (!history.is_over) {
    if (worker < 2)
      self.one_long_turn();
    else if (worker < 4)
      self.write_register();
    else
      self.one_short_turn();
    self.rest(8000);
  }
}

}  // namespace repolock::testing
