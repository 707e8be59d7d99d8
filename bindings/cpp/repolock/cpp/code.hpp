// code.hpp - the statuses of repolock.h as std::error_code.
#ifndef REPOLOCK_CPP_CODE_HPP
#define REPOLOCK_CPP_CODE_HPP

#include <repolock/repolock.h>

#include <cstdint>
#include <system_error>
#include <type_traits>

namespace repolock {
enum class errc : std::int32_t;
}
template <>
struct std::is_error_code_enum<repolock::errc> : std::true_type {};

namespace repolock {

enum class errc : std::int32_t {
  invalid = REPOLOCK_E_INVALID,
  nomem = REPOLOCK_E_NOMEM,
  timeout = REPOLOCK_E_TIMEOUT,
  held = REPOLOCK_E_HELD,
  lost = REPOLOCK_E_LOST,
  unknown = REPOLOCK_E_UNKNOWN,
  unavailable = REPOLOCK_E_UNAVAILABLE,
  canceled = REPOLOCK_E_CANCELED,
  shutdown = REPOLOCK_E_SHUTDOWN,
  denied = REPOLOCK_E_DENIED,
  misconfigured = REPOLOCK_E_MISCONFIGURED,
  unsupported = REPOLOCK_E_UNSUPPORTED,
  plugin = REPOLOCK_E_PLUGIN,
  wrong_thread = REPOLOCK_E_WRONG_THREAD,
  forked = REPOLOCK_E_FORKED,
  deadlock = REPOLOCK_E_DEADLOCK,
  pending = REPOLOCK_E_PENDING,
  io = REPOLOCK_E_IO,
  internal = REPOLOCK_E_INTERNAL
};

namespace detail {

class error_category final : public std::error_category {
 public:
  const char *name() const noexcept override { return "repolock"; }
  std::string message(int value) const override { return repolock_status_name(value); }

  std::error_condition default_error_condition(int value) const noexcept override {
    switch (static_cast<errc>(value)) {
      case errc::invalid:
        return std::errc::invalid_argument;
      case errc::nomem:
        return std::errc::not_enough_memory;
      case errc::timeout:
        return std::errc::timed_out;
      case errc::held:
        return std::errc::device_or_resource_busy;
      case errc::canceled:
        return std::errc::operation_canceled;
      case errc::denied:
        return std::errc::permission_denied;
      case errc::unsupported:
        return std::errc::not_supported;
      case errc::deadlock:
        return std::errc::resource_deadlock_would_occur;
      case errc::io:
        return std::errc::io_error;
      default:
        return {value, *this};
    }
  }
};

}  // namespace detail

inline const std::error_category &category() noexcept {
  static const detail::error_category kOnly;
  return kOnly;
}

inline std::error_code make_error_code(errc code) noexcept {
  return {static_cast<int>(code), category()};
}

inline bool is_retryable(const std::error_code &code) noexcept {
  return code.category() == category() && repolock_status_is_retryable(code.value()) != 0;
}

namespace detail {

inline std::error_code code_of(repolock_status_t status) noexcept {
  return {status, category()};
}

}  // namespace detail

}  // namespace repolock

#endif
