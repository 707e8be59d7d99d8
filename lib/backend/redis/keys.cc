#include "backend/redis/keys.h"

#include <algorithm>
#include <string_view>

namespace repolock::backend::redis {

namespace {

constexpr std::string_view kName = "{name}";

// So that it stands for itself in a pattern.
std::string as_pattern(const std::string &text) {
  std::string pattern;
  for (const char c : text) {
    if (c == '*' || c == '?' || c == '[' || c == ']' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern;
}

}  // namespace

std::string KeyStyle::before_name() const {
  return lock_key.substr(0, lock_key.find(kName));
}

std::string KeyStyle::behind_name() const {
  return lock_key.substr(lock_key.find(kName) + kName.size());
}

// In a cluster a key without braces goes where it goes in braces: all of a name are in one slot.
Keys KeyStyle::of(const std::string &repo) const {
  const std::string lock =
      is_shared_with_others() ? before_name() + repo + behind_name() : prefix + '{' + repo + '}';
  const std::string base = is_shared_with_others() ? prefix + '{' + lock + '}' : lock;
  return {lock, base + ":f", base + ":q", base + ":w", base + ":r"};
}

std::string KeyStyle::pattern() const {
  if (is_shared_with_others()) return as_pattern(before_name()) + '*' + as_pattern(behind_name());
  return as_pattern(prefix) + "{*";
}

// What may be held or waited for: F alone is of the past.
std::string KeyStyle::name_in(const std::string &key) const {
  if (is_shared_with_others()) {
    const std::string before = before_name(), behind = behind_name();
    const bool is_lock = key.size() > before.size() + behind.size() && key.starts_with(before) &&
                         key.ends_with(behind) && !key.starts_with(prefix);
    if (!is_lock) return "";
    return key.substr(before.size(), key.size() - before.size() - behind.size());
  }
  if (!key.starts_with(prefix + '{')) return "";
  std::string name = key.substr(prefix.size() + 1);
  for (const char *end : {"}", "}:q", "}:r"})
    if (name.ends_with(end)) return name.substr(0, name.size() - std::string_view(end).size());
  return "";
}

std::string KeyStyle::objection() const {
  constexpr size_t kLongest = 128;
  if (!is_shared_with_others()) return "";
  const size_t name = lock_key.find(kName);
  if (lock_key.size() > kLongest || name == std::string::npos)
    return "says not where the name stands: write {name} there, as in lock:{name}";
  const std::string rest = before_name() + behind_name();
  if (std::ranges::any_of(rest, [](char c) { return c <= ' ' || c > '~' || c == '{' || c == '}'; }))
    return "has blanks or braces beside {name}; use letters, as in lock:{name}";
  if (lock_key.starts_with(prefix))
    return "begins as the library's own keys do; choose another redis.prefix";
  return "";
}

}  // namespace repolock::backend::redis
