// memory_stores.h - a memory:NAME of its own for each test: stores last as long as the process.
#pragma once

#include <atomic>
#include <string>

namespace repolock::testing {

inline std::string fresh_store() {
  static std::atomic<int> number{0};
  return "memory:test-" + std::to_string(++number);
}

}  // namespace repolock::testing
