// trace.h - what happened when, for whoever replays a seed.
#pragma once

#include <iostream>

#include "core/time.h"

namespace repolock::sim {

class Trace {
 public:
  explicit Trace(bool on) : on_(on) {}

  bool is_on() const { return on_; }

  template <class... Words>
  void line(core::Millis now, const Words &...words) const {
    if (!on_) return;
    std::cout << now;
    ((std::cout << ' ' << words), ...);
    std::cout << '\n';
  }

 private:
  const bool on_;
};

}  // namespace repolock::sim
