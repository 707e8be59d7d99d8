// schedule.h - real time, which nobody in the simulation sees, and what is to happen when.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "core/time.h"

namespace repolock::sim {

using core::Millis;

class Schedule {
 public:
  using Task = std::function<void()>;

  Millis now() const { return now_; }

  // What is due at one moment happens in the order of its planning.
  void at(Millis when, Task task) {
    tasks_.emplace(std::make_pair(std::max(when, now_), planned_++), std::move(task));
  }
  void in(Millis delay, Task task) { at(now_ + delay, std::move(task)); }

  // The next thing that is due by then happens; false: there is none, and that moment has come.
  bool step(Millis end) {
    if (tasks_.empty() || tasks_.begin()->first.first > end) {
      now_ = std::max(now_, end);
      return false;
    }
    auto next = tasks_.extract(tasks_.begin());
    now_ = next.key().first;
    next.mapped()();
    return true;
  }

 private:
  Millis now_ = 1'000'000;
  uint64_t planned_ = 0;
  std::map<std::pair<Millis, uint64_t>, Task> tasks_;
};

}  // namespace repolock::sim
