// random.h - randomness from the kernel's generator.
#pragma once

#include <cstddef>
#include <cstdint>

namespace repolock::port {

bool random_bytes(void *out, size_t size);  // false: none to be had

uint64_t random_number();  // throws std::runtime_error when there is none to be had

// The same for one thread that wants many: one system call for all that are kept here. A child of fork()
// would have the same ones, so it must not go on with its parent's.
class RandomNumbers {
 public:
  uint64_t operator()();

 private:
  static constexpr size_t kKept = 64;
  uint64_t numbers_[kKept] = {};
  size_t left_ = 0;
};

}  // namespace repolock::port
