// handle.hpp - the handles of repolock.h, and functions as their listeners.
#ifndef REPOLOCK_CPP_HANDLE_HPP
#define REPOLOCK_CPP_HANDLE_HPP

#include <repolock/repolock.h>
#include <repolock/cpp/code.hpp>

#include <functional>
#include <memory>
#include <system_error>
#include <utility>

namespace repolock {

namespace detail {

template <auto Free>
struct freed {
  template <class T>
  void operator()(T *handle) const noexcept {
    Free(handle);
  }
};
using config_handle = std::unique_ptr<repolock_config_t, freed<repolock_config_free>>;
using client_handle = std::unique_ptr<repolock_client_t, freed<repolock_client_free>>;
using request_handle = std::unique_ptr<repolock_request_t, freed<repolock_request_free>>;
using op_handle = std::unique_ptr<repolock_op_t, freed<repolock_op_free>>;
using lease_handle = std::unique_ptr<repolock_lease_t, freed<repolock_lease_free>>;

// A function as user_data: callback and free_user_data of repolock.h.
using listener = std::function<void(const repolock_event_t *)>;
inline void hear(const repolock_event_t *event, void *user_data) noexcept {
  (*static_cast<const listener *>(user_data))(event);
}
inline void forget(void *user_data) noexcept {
  delete static_cast<listener *>(user_data);
}

template <class On, class Handle>
std::error_code listen(On on, Handle *handle, listener heard) {
  auto kept = std::make_unique<listener>(std::move(heard));
  const std::error_code code = code_of(on(handle, hear, kept.get(), forget));
  if (!code) static_cast<void>(kept.release());
  return code;
}

}  // namespace detail

}  // namespace repolock

#endif
