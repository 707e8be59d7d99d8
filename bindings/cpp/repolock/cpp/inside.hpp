// inside.hpp - what a thread holds by with_lock: whoever would wait for it there would wait for himself.
#ifndef REPOLOCK_CPP_INSIDE_HPP
#define REPOLOCK_CPP_INSIDE_HPP

#include <repolock/repolock.h>
#include <repolock/cpp/options.hpp>

#include <string>
#include <utility>
#include <vector>

namespace repolock {

namespace detail {

// One with_lock of this thread, from the beginning of its body to the end.
class inside {
 public:
  inside(const repolock_client_t *owner, std::vector<std::string> names)
      : owner_(owner), names_(std::move(names)), outer_(innermost()) {
    innermost() = this;
  }
  ~inside() { innermost() = outer_; }
  inside(const inside &) = delete;
  inside &operator=(const inside &) = delete;

  static bool any() noexcept { return innermost() != nullptr; }
  // The one of these names that the thread has from this client, or "".
  static std::string which(const repolock_client_t *owner, const std::vector<std::string> &names,
                           const options &set) {
    for (const inside *at = innermost(); at != nullptr; at = at->outer_) {
      if (at->owner_ != owner) continue;
      for (const std::string &held : at->names_)
        for (const std::string &wanted : names)
          if (are_one(held, wanted, set)) return held;
    }
    return {};
  }

 private:
  static const inside *&innermost() noexcept {
    static thread_local const inside *mine = nullptr;
    return mine;
  }

  // A name that is none is for the acquisition to tell.
  static bool are_one(const std::string &held, const std::string &wanted, const options &set) {
    try {
      return held == wanted || canonical(held, set) == canonical(wanted, set);
    } catch (const error &failed) {
      if (failed.code() == errc::invalid) return false;
      throw;
    }
  }

  const repolock_client_t *owner_;
  std::vector<std::string> names_;
  const inside *outer_;
};

}  // namespace detail

}  // namespace repolock

#endif
