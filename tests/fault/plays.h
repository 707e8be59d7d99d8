// plays.h - runs that mostly wait are played side by side, each in a process of its own.
#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <vector>

#include "fault/row.h"
#include "support/child.h"

namespace repolock::testing {

inline constexpr int kAtATime = 10;

// The exit codes of play(first), play(first + 1)... In a play nothing of cmocka may be used.
inline std::vector<int> play_side_by_side(int first, const std::function<int(int n)> &play) {
  std::vector<std::unique_ptr<Child>> plays;
  plays.reserve(kAtATime);
  for (int n = first; n < first + kAtATime; ++n)
    plays.push_back(std::make_unique<Child>([&, n](Child &) { return play(n); }));
  std::vector<int> codes;
  codes.reserve(plays.size());
  for (const auto &one : plays) codes.push_back(one->wait());
  return codes;
}

// A row of plays that return 0, or the number of what went wrong.
inline void play(row *row, const std::function<int(int n)> &one) {
  for (int n = 0; row->runs < row->planned; n += kAtATime)
    for (const int wrong : play_side_by_side(n, one)) {
      ++row->runs;
      if (!MUST(row, wrong == 0)) std::fprintf(stderr, "its play ended with %d\n", wrong);
    }
}

}  // namespace repolock::testing
