// status.h - the statuses of repolock.h for code that must not include it, and what is known of each.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace repolock::core {

// X(enumerator, name without E_, number, retryable). lib/api asserts that the header says the same.
#define REPOLOCK_STATUSES(X)                   \
  X(kOk, "OK", 0, 0)                           \
  X(kInvalid, "E_INVALID", -1, 0)              \
  X(kNoMemory, "E_NOMEM", -2, 1)               \
  X(kTimeout, "E_TIMEOUT", -3, 1)              \
  X(kHeld, "E_HELD", -4, 1)                    \
  X(kLost, "E_LOST", -5, 0)                    \
  X(kUnknown, "E_UNKNOWN", -6, 1)              \
  X(kUnavailable, "E_UNAVAILABLE", -7, 1)      \
  X(kCanceled, "E_CANCELED", -8, 0)            \
  X(kShutdown, "E_SHUTDOWN", -9, 0)            \
  X(kDenied, "E_DENIED", -10, 0)               \
  X(kMisconfigured, "E_MISCONFIGURED", -11, 0) \
  X(kUnsupported, "E_UNSUPPORTED", -12, 0)     \
  X(kPlugin, "E_PLUGIN", -13, 0)               \
  X(kWrongThread, "E_WRONG_THREAD", -14, 0)    \
  X(kForked, "E_FORKED", -15, 0)               \
  X(kDeadlock, "E_DEADLOCK", -16, 0)           \
  X(kPending, "E_PENDING", -17, 0)             \
  X(kIo, "E_IO", -18, 0)                       \
  X(kInternal, "E_INTERNAL", -99, 0)

enum class Status : int32_t {
#define REPOLOCK_ENUMERATOR(enumerator, name, number, retryable) enumerator = number,
  REPOLOCK_STATUSES(REPOLOCK_ENUMERATOR)
#undef REPOLOCK_ENUMERATOR
};

// Constant text; "E_INTERNAL" for a number that is no status.
const char *status_name(int32_t status);
bool status_is_retryable(int32_t status);

// Why something could not be done: a status, and one sentence that names the value and the remedy.
struct Failure {
  Status status = Status::kOk;
  std::string message;
};

template <class T>
using Result = std::variant<T, Failure>;

template <class T>
const Failure *failure_of(const Result<T> &result) {
  return std::get_if<Failure>(&result);
}

}  // namespace repolock::core
