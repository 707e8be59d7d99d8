// shared.h - memory that the processes of a test have in common, and figures from it.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <new>
#include <vector>

namespace repolock::testing {

// One T for this process and all that it forks.
template <class T>
class Shared {
 public:
  Shared() {
    void *place =
        mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (place == MAP_FAILED) throw std::bad_alloc();
    value_ = new (place) T;
  }
  ~Shared() { munmap(value_, sizeof(T)); }
  Shared(const Shared &) = delete;
  Shared &operator=(const Shared &) = delete;

  T *operator->() const { return value_; }
  T &operator*() const { return *value_; }

 private:
  T *value_;
};

// In milliseconds, of nanoseconds.
struct Spread {
  double median = 0, most = 0;
  explicit Spread(std::vector<int64_t> ns) {
    if (ns.empty()) return;
    std::ranges::sort(ns);
    median = static_cast<double>(ns[ns.size() / 2]) / 1e6;
    most = static_cast<double>(ns.back()) / 1e6;
  }
};

}  // namespace repolock::testing
