// request.hpp - how to acquire.
#ifndef REPOLOCK_CPP_REQUEST_HPP
#define REPOLOCK_CPP_REQUEST_HPP

#include <repolock/repolock.h>
#include <repolock/cpp/error.hpp>
#include <repolock/cpp/handle.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace repolock {

// How to acquire: a plain value, to keep and to copy. What is not set is the client's option.
class request {
 public:
  request &ttl(milliseconds value) { return ttl_ = value, *this; }  // a crash blocks others so long
  request &wait(milliseconds value) { return wait_ = value, *this; }  // 0: not at all
  request &wait_forever() { return wait(milliseconds(-1)); }
  request &max_hold(milliseconds value) { return max_hold_ = value, *this; }  // no renewal beyond
  request &shared(bool value = true) { return shared_ = value, *this; }  // with other shared ones
  request &holder(std::string value) { return holder_ = std::move(value), *this; }  // for who waits
  request &renew(bool value) { return renew_ = value, *this; }  // false: the caller extends
  // One more name in the same lease, all of them or none.
  request &add_repo(std::string value) { return repos_.push_back(std::move(value)), *this; }
  // It waits, or its place or the holder changed; in words. On the client's thread.
  request &on_wait(std::function<void(const std::string &message)> told) {
    return on_wait_ = std::move(told), *this;
  }

 private:
  friend class client;
  friend class mutex;

  detail::request_handle native() const {
    detail::request_handle made(repolock_request_new());
    if (!made) throw error(make_error_code(errc::nomem), "");
    if (ttl_) repolock_request_set_ttl(made.get(), ttl_->count());
    if (wait_) repolock_request_set_wait(made.get(), wait_->count());
    if (max_hold_) repolock_request_set_max_hold(made.get(), max_hold_->count());
    repolock_request_set_shared(made.get(), shared_ ? 1 : 0);
    repolock_request_set_renew(made.get(), renew_ ? 1 : 0);
    if (holder_) repolock_request_set_holder(made.get(), holder_->data(), holder_->size());
    for (const std::string &repo : repos_)
      repolock_request_add_repo(made.get(), repo.data(), repo.size());
    return made;
  }

  std::vector<std::string> names(std::string_view first) const {
    std::vector<std::string> all{std::string(first)};
    all.insert(all.end(), repos_.begin(), repos_.end());
    return all;
  }

  std::optional<milliseconds> ttl_, wait_, max_hold_;
  bool shared_ = false;
  bool renew_ = true;
  std::optional<std::string> holder_;
  std::vector<std::string> repos_;
  std::function<void(const std::string &)> on_wait_;
};

}  // namespace repolock

#endif
