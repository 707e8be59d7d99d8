// keys.h - where a name lives in Redis: README.md has the table.
#pragma once

#include <string>
#include <vector>

namespace repolock::backend::redis {

// The keys of one name.
struct Keys {
  // As most scripts want them, behind the guard.
  std::vector<std::string> all() const { return {lock, fence, queue, waiters, readers}; }

  std::string lock, fence, queue, waiters, readers;
};

// How they are spelled.
struct KeyStyle {
  std::string prefix = "repolock:";  // of all keys and channels, but for a lock_key
  std::string lock_key;              // "lock:{name}": of other libraries; "" is ours alone

  // Others take and free the lock too, and raise no fence when they do.
  bool is_shared_with_others() const { return !lock_key.empty(); }

  Keys of(const std::string &repo) const;
  std::string pattern() const;                        // for SCAN, of the keys of locks
  std::string name_in(const std::string &key) const;  // "" it is not about a lock
  // Why a lock_key is none; "" if it is one, or nothing.
  std::string objection() const;

 private:
  std::string before_name() const;
  std::string behind_name() const;
};

}  // namespace repolock::backend::redis
