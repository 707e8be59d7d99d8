// lease.hpp - one acquisition.
#ifndef REPOLOCK_CPP_LEASE_HPP
#define REPOLOCK_CPP_LEASE_HPP

#include <repolock/repolock.h>
#include <repolock/cpp/error.hpp>
#include <repolock/cpp/handle.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#if __cplusplus >= 202002L
#include <stop_token>
#endif

namespace repolock {

// How the holder before this one ended: is an index.lock in the repository stale?
enum class previous : std::int32_t {
  none = REPOLOCK_PREVIOUS_NONE,
  released = REPOLOCK_PREVIOUS_RELEASED,
  crashed = REPOLOCK_PREVIOUS_CRASHED,
  expired = REPOLOCK_PREVIOUS_EXPIRED,
  broken = REPOLOCK_PREVIOUS_BROKEN
};

struct loss {
  std::error_code code;  // lost, or shutdown
  std::string reason;    // expired, max_hold, stalled, broken, stolen, data_lost, shutdown
  std::string message;
};

// One acquisition. Its destructor releases, and waits for the answer for 2 s at most.
class lease {
 public:
  lease() noexcept = default;
  explicit lease(repolock_lease_t *owned) noexcept : handle_(owned) {}
  lease(lease &&) noexcept = default;
  lease &operator=(lease &&other) noexcept {
    if (this != &other) {
      let_go();
      handle_ = std::move(other.handle_);
    }
    return *this;
  }
  ~lease() { let_go(); }

  // Held at this moment.
  explicit operator bool() const noexcept { return !status(); }
  // No error while held; errc::lost or errc::shutdown once lost; errc::invalid after a release.
  std::error_code status() const noexcept {
    return detail::code_of(repolock_lease_status(handle_.get()));
  }
  // "", then why it was lost.
  std::string message() const { return repolock_lease_message(handle_.get()); }

  // Grows with each exclusive lease of a name; of several names, in the order of the request.
  std::uint64_t fence(size_t index = 0) const noexcept {
    return repolock_lease_fence_at(handle_.get(), index);
  }
  std::string id() const { return repolock_lease_id(handle_.get()); }
  repolock::previous previous() const noexcept {
    return static_cast<repolock::previous>(repolock_lease_previous(handle_.get()));
  }
  // For so long nobody else can have it; milliseconds::max(): no end (file:).
  milliseconds remaining() const noexcept {
    return milliseconds(repolock_lease_remaining_ms(handle_.get()));
  }
  // file: a descriptor to leave open in a child process; -1: none. The caller closes it.
  int inherit_fd(size_t index = 0) const noexcept {
    return repolock_lease_inherit_fd_at(handle_.get(), index);
  }

  void release(std::error_code &code) noexcept {
    code = detail::code_of(repolock_release(handle_.get()));
  }
  void release() {
    std::error_code code;
    release(code);
    if (code) throw error(code, message());
  }

  // Renews now, with ttl from here on.
  void extend(milliseconds ttl, std::error_code &code) noexcept {
    code = detail::code_of(repolock_extend(handle_.get(), ttl.count()));
  }
  void extend(milliseconds ttl) {
    std::error_code code;
    extend(ttl, code);
    if (code) throw error(code, message());
  }

  // Told once, on the client's thread, if it ends other than by its release. One listener a lease.
  void on_lost(std::function<void(const loss &)> told, std::error_code &code) {
    code = detail::listen(repolock_lease_on_lost, handle_.get(),
                          [told = std::move(told)](const repolock_event_t *event) {
                            told({detail::code_of(repolock_event_status(event)),
                                  field(event, "reason"), repolock_event_message(event)});
                          });
  }
  void on_lost(std::function<void(const loss &)> told) {
    std::error_code code;
    on_lost(std::move(told), code);
    detail::raise_if_failed(code);
  }

#if __cplusplus >= 202002L
  // Stopped when the lease is lost: for work that takes a std::stop_token. It is the lease's one
  // listener.
  std::stop_token lost_token() {
    const std::stop_source source;
    std::error_code code;
    on_lost([source](const loss &) mutable { source.request_stop(); }, code);
    if (code == make_error_code(errc::shutdown))
      std::stop_source(source).request_stop();
    else
      detail::raise_if_failed(code);
    return source.get_token();
  }
#endif

  // Without a release: renews no more; it ends by its ttl, for work that may still be going on.
  void drop() noexcept {
    handle_.reset();
  }

  repolock_lease_t *native_handle() const noexcept {
    return handle_.get();
  }

 private:
  void let_go() noexcept {
    // In a callback there is no waiting for the answer.
    if (handle_ && repolock_release(handle_.get()) == REPOLOCK_E_WRONG_THREAD)
      repolock_release_start(handle_.get(), nullptr);
    handle_.reset();
  }

  static std::string field(const repolock_event_t *event, std::string_view wanted) {
    const char *key = nullptr;
    const char *value = nullptr;
    for (size_t i = 0; repolock_event_field(event, i, &key, &value) == REPOLOCK_OK; ++i)
      if (wanted == key) return value;
    return {};
  }

  detail::lease_handle handle_;
};

}  // namespace repolock

#endif
