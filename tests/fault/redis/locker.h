// locker.h - what the workloads ask of a lock: of the library, or of the control.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "fault/redis/nodes.h"

namespace repolock::testing {

// Of both, in ms.
inline constexpr int64_t kLeaseTtl = 500;
inline constexpr int64_t kMaxTtl = 1000;
inline constexpr int64_t kLongestWait = 300;

class HeldLock {
 public:
  virtual ~HeldLock() = default;
  // By its own lights. Whoever holds for long asks often: the control renews here.
  virtual bool is_held() = 0;
  virtual uint64_t fence() const = 0;  // 0: it has none
  virtual void release() = 0;
};

class Locker {
 public:
  virtual ~Locker() = default;
  virtual std::unique_ptr<HeldLock> acquire(const std::string &name) = 0;  // null: not obtained
};

enum class Rules {
  kLibrary,
  kRedlock
};

std::unique_ptr<Locker> make_library_locker(const Nodes &nodes, const char *restart_guard);
std::unique_ptr<Locker> make_redlock(const Nodes &nodes, uint32_t seed);

}  // namespace repolock::testing
