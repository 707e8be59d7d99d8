// client.hpp - where leases come from.
#ifndef REPOLOCK_CPP_CLIENT_HPP
#define REPOLOCK_CPP_CLIENT_HPP

#include <repolock/repolock.h>
#include <repolock/cpp/inside.hpp>
#include <repolock/cpp/lease.hpp>
#include <repolock/cpp/options.hpp>
#include <repolock/cpp/request.hpp>
#include <repolock/cpp/version.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#if __cplusplus >= 202002L
#include <stop_token>
#endif

namespace repolock {

class client {
 public:
  // The backend's URL ("": locks in files of this host), and other options.
  explicit client(const std::string &url = "", options set = {}) {
    if (!url.empty()) set["backend"] = url;
    open(set);
    options_ = std::move(set);
  }
  client(const std::string &url, options set, std::error_code &code) {
    try {
      *this = client(url, std::move(set));
      code.clear();
    } catch (const error &failed) {
      code = failed.code();
    }
  }

  // Any error: it was not obtained. errc::timeout, or with wait 0 errc::held: somebody has it.
  // errc::deadlock: this thread is inside with_lock on that repository.
  lease acquire(std::string_view repo, const request &how = {}) {
    return or_throw([&](detail::outcome &result) {
      return acquired(repo, how, result, [](repolock_op_t *op) { return op; });
    });
  }
  lease acquire(std::string_view repo, const request &how, std::error_code &code) {
    detail::outcome result;
    lease got = acquired(repo, how, result, [](repolock_op_t *op) { return op; });
    code = result.code;
    return got;
  }
#if __cplusplus >= 202002L
  // errc::canceled as soon as the token is stopped.
  lease acquire(std::string_view repo, const request &how, const std::stop_token &stop) {
    return or_throw(
        [&](detail::outcome &result) { return acquired(repo, how, result, canceled_by{stop}); });
  }
  lease acquire(std::string_view repo, const request &how, const std::stop_token &stop,
                std::error_code &code) {
    detail::outcome result;
    lease got = acquired(repo, how, result, canceled_by{stop});
    code = result.code;
    return got;
  }
#endif

  // Acquires, runs body(lease &), releases, and returns what body returned. An exception of body's
  // goes through, after the release. errc::lost: the lock was lost while body ran. What would wait for the
  // same repository of this client in this thread until then is errc::deadlock.
  template <class Body>
  decltype(auto) with_lock(std::string_view repo, const request &how, Body &&body) {
    lease held = acquire(repo, how);
    const detail::inside from_here(handle_.get(), how.names(repo));
    if constexpr (std::is_void_v<std::invoke_result_t<Body, lease &>>) {
      std::forward<Body>(body)(held);
      held.release();
    } else {
      std::invoke_result_t<Body, lease &> result = std::forward<Body>(body)(held);
      held.release();
      return result;
    }
  }
  template <class Body>
  decltype(auto) with_lock(std::string_view repo, Body &&body) {
    return with_lock(repo, request(), std::forward<Body>(body));
  }

  // Who holds and who waits: for one name, or for all.
  snapshot inspect(std::string_view repo) {
    return asked(repolock_inspect_start, repo.data(), repo.size());
  }
  snapshot inspect() {
    return asked(repolock_inspect_start, nullptr, size_t{0});
  }
  // What is wrong with the way the backend is set up, as nodes.
  snapshot diagnose() {
    return asked(repolock_diagnose_start);
  }

  // Takes the lock from that lease, which a snapshot named. errc::lost: it had gone.
  void break_lease(std::string_view repo, const std::string &lease_id) {
    asked(repolock_break_start, repo.data(), repo.size(), lease_id.c_str());
  }

  // Holders have so long to release, waiters end with errc::shutdown; then no callback runs any more.
  void shutdown(milliseconds timeout, std::error_code &code) noexcept {
    code = detail::code_of(repolock_shutdown(handle_.get(), timeout.count()));
  }
  void shutdown(milliseconds timeout) {
    std::error_code code;
    shutdown(timeout, code);
    detail::raise_if_failed(code);
  }

  std::uint64_t capabilities() const noexcept {  // REPOLOCK_CAN_*
    return repolock_client_capabilities(handle_.get());
  }
  void heartbeat() noexcept {
    repolock_client_heartbeat(handle_.get());
  }
  repolock_client_t *native_handle() const noexcept {
    return handle_.get();
  }

 private:
  friend class mutex;

  void open(const options &set) {
    detail::check_version(repolock_version(), REPOLOCK_VERSION_NUMBER);
    char err[REPOLOCK_ERR_SIZE] = "";
    repolock_client_t *opened = nullptr;
    const repolock_status_t status =
        repolock_client_open(detail::config_of(set).get(), &opened, err, sizeof err);
    if (status != REPOLOCK_OK) throw error(detail::code_of(status), err);
    handle_.reset(opened);
  }

  std::string held_by_this_thread(std::string_view repo, const request &how) const {
    if (!detail::inside::any()) return {};
    return detail::inside::which(handle_.get(), how.names(repo), options_);
  }

  template <class Call>
  static lease or_throw(Call call) {
    detail::outcome result;
    lease got = call(result);
    result.raise_if_failed();
    return got;
  }

  template <class Cancel>
  lease acquired(std::string_view repo, const request &how, detail::outcome &result,
                 Cancel cancel_by) {
    if (const std::string own = held_by_this_thread(repo, how); !own.empty()) {
      result = {make_error_code(errc::deadlock),
                "this thread is inside with_lock on " + own +
                    " and would wait for itself; use the lease that it has",
                {}};
      return {};
    }
    repolock_op_t *started = nullptr;
    result.code = detail::code_of(repolock_acquire_start(handle_.get(), repo.data(), repo.size(),
                                                         how.native().get(), &started));
    if (result.code) return {};
    const detail::op_handle op(started);
    if (how.on_wait_)  // a client that has ended tells nobody: its status says so
      detail::listen(repolock_op_on_wait, started,
                     [told = how.on_wait_](const repolock_event_t *event) {
                       told(repolock_event_message(event));
                     });
    [[maybe_unused]] const auto until = cancel_by(started);
    result = detail::outcome_of(started);
    repolock_lease_t *won = nullptr;
    if (!result.code) result.code = detail::code_of(repolock_op_take_lease(started, &won));
    return lease(won);
  }

#if __cplusplus >= 202002L
  struct canceled_by {
    const std::stop_token &stop;

    auto operator()(repolock_op_t *op) const {
      const auto cancel = [op] { repolock_op_cancel(op); };
      return std::make_unique<std::stop_callback<decltype(cancel)>>(stop, cancel);
    }
  };
#endif

  template <class Start, class... Arguments>
  snapshot asked(Start start, Arguments... arguments) {
    repolock_op_t *started = nullptr;
    detail::raise_if_failed(detail::code_of(start(handle_.get(), arguments..., &started)));
    const detail::op_handle op(started);
    detail::outcome_of(started).raise_if_failed();
    return detail::snapshot_of(started);
  }

  detail::client_handle handle_;
  options options_;  // they say which names are one
};

}  // namespace repolock

#endif
