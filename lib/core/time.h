// time.h - the core has no clock: it is told what time it is.
#pragma once

#include <cstdint>

namespace repolock::core {

// Milliseconds on a clock that runs while the machine sleeps; also a length of time.
using Millis = int64_t;

inline constexpr Millis kForever = INT64_MAX;

// a + b without overflow, where b may be kForever.
constexpr Millis after(Millis a, Millis b) {
  return b >= kForever - a ? kForever : a + b;
}

}  // namespace repolock::core
