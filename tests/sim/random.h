// random.h - all chance in a run comes from its seed: the same numbers on every machine.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "core/time.h"

namespace repolock::sim {

using core::kForever;
using core::Millis;

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  // splitmix64
  uint64_t next() {
    uint64_t bits = state_ += 0x9e3779b97f4a7c15;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
    return bits ^ (bits >> 31);
  }

  uint64_t below(uint64_t limit) { return next() % limit; }
  bool one_in(uint64_t n) { return below(n) == 0; }
  bool percent(uint64_t chance) { return below(100) < chance; }
  Millis up_to(Millis most) { return static_cast<Millis>(below(static_cast<uint64_t>(most) + 1)); }

  template <class T>
  T of(std::initializer_list<T> choices) {
    return choices.begin()[below(choices.size())];
  }
  template <class T>
  const T &of(const std::vector<T> &choices) {
    return choices[below(choices.size())];
  }

 private:
  uint64_t state_;
};

}  // namespace repolock::sim
