// reentry.h - which repositories a thread is locking around the code it runs: to lock one of them
// again there would wait for itself, for ever.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace repolock::loop {

class Reentry {
 public:
  // The first of repos that the calling thread is inside of, or "".
  std::string inside(const std::vector<std::string> &repos) const {
    const std::lock_guard lock(mutex_);
    const auto [first, last] = inside_.equal_range(std::this_thread::get_id());
    for (auto entry = first; entry != last; ++entry)
      if (std::find(repos.begin(), repos.end(), entry->second) != repos.end()) return entry->second;
    return "";
  }

  // All of them or, out of memory, none.
  void enter(const std::vector<std::string> &repos) {
    Inside entered;
    for (const std::string &repo : repos) entered.emplace(std::this_thread::get_id(), repo);
    const std::lock_guard lock(mutex_);
    inside_.merge(entered);
  }

  void leave(const std::vector<std::string> &repos) {
    const std::lock_guard lock(mutex_);
    for (const std::string &repo : repos) {
      const auto [first, last] = inside_.equal_range(std::this_thread::get_id());
      const auto entry =
          std::find_if(first, last, [&](const auto &one) { return one.second == repo; });
      if (entry != last) inside_.erase(entry);
    }
  }

 private:
  using Inside = std::multimap<std::thread::id, std::string>;

  mutable std::mutex mutex_;
  Inside inside_;
};

}  // namespace repolock::loop
