// deadlines.h - who wants to be woken when.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/time.h"

namespace repolock::core {

template <class Key>
class Deadlines {
 public:
  // Replaces what was set for key; kForever clears it.
  void set(const Key &key, Millis at) {
    if (at == kForever) return clear(key);
    auto [entry, fresh] = at_.try_emplace(key, at);
    if (!fresh) {
      if (entry->second == at) return;
      order_.erase({entry->second, key});
      entry->second = at;
    }
    order_.insert({at, key});
  }

  // Needs no memory.
  void clear(const Key &key) {
    const auto entry = at_.find(key);
    if (entry == at_.end()) return;
    order_.erase({entry->second, key});
    at_.erase(entry);
  }

  Millis next() const { return order_.empty() ? kForever : order_.begin()->first; }

  // The earliest key that is due, taken out.
  std::optional<Key> take_due(Millis now) {
    if (order_.empty() || order_.begin()->first > now) return std::nullopt;
    Key key = order_.begin()->second;
    clear(key);
    return key;
  }

 private:
  std::map<Key, Millis> at_;
  std::set<std::pair<Millis, Key>> order_;
};

}  // namespace repolock::core
