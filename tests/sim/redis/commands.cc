#include "redis/commands.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <unordered_map>

namespace repolock::sim {

const Command *command_of(const std::string &name) {
  using C = Commands;
  static const std::unordered_map<std::string, Command> kAll = {
      {"get", {2, C::get}},
      {"set", {-3, C::set}},
      {"mget", {-2, C::mget}},
      {"del", {-2, C::del}},
      {"exists", {-2, C::exists}},
      {"pttl", {2, C::pttl}},
      {"pexpire", {-3, C::pexpire}},
      {"expire", {-3, C::expire}},
      {"time", {1, C::time}},
      {"type", {2, C::type}},
      {"flushall", {-1, C::flushall}},
      {"scan", {-2, C::scan}},
      {"hget", {3, C::hget}},
      {"hmget", {-3, C::hmget}},
      {"hset", {-4, C::hset}},
      {"hdel", {-3, C::hdel}},
      {"hgetall", {2, C::hgetall}},
      {"zadd", {-4, C::zadd}},
      {"zrem", {-3, C::zrem}},
      {"zrange", {-4, C::zrange}},
      {"zrevrange", {-4, C::zrevrange}},
      {"zrangebyscore", {-4, C::zrangebyscore}},
      {"zscore", {3, C::zscore}},
      {"zrank", {3, C::zrank}},
      {"zcard", {2, C::zcard}},
  };
  auto found = kAll.find(name);
  if (found == kAll.end()) found = kAll.find(lower_case(name));
  return found == kAll.end() ? nullptr : &found->second;
}

// ---- Numbers ----

int64_t integer_of(const std::string &word) {
  int64_t number = 0;
  const char *end = word.data() + word.size();
  const auto [stop, fault] = std::from_chars(word.data(), end, number);
  const bool is_canonical = fault == std::errc() && stop == end && std::to_string(number) == word;
  if (!is_canonical) throw CommandError(kNotInteger);
  return number;
}

double score_of(const std::string &word, const CommandError &otherwise) {
  char *stop = nullptr;
  const double score = std::strtod(word.c_str(), &stop);
  if (word.empty() || *stop != '\0' || std::isnan(score)) throw CommandError(otherwise);
  return score;
}

std::string score_text(double score) {
  if (std::isinf(score)) return score > 0 ? "inf" : "-inf";
  if (std::floor(score) == score && std::abs(score) < 1e17)
    return std::to_string(static_cast<int64_t>(score));
  char digits[40];
  snprintf(digits, sizeof digits, "%.17g", score);
  return digits;
}

// ---- Strings ----

Reply Commands::get(Store &store, const Words &words) {
  const auto *value = store.get<std::string>(words[1]);
  return value == nullptr ? nil() : text(*value);
}

Reply Commands::set(Store &store, const Words &words) {
  int64_t end = Store::kNoEnd;
  bool only_new = false, only_old = false;
  for (size_t i = 3; i < words.size(); ++i) {
    const std::string option = lower_case(words[i]);
    if (option == "nx" || option == "xx") {
      (option == "nx" ? only_new : only_old) = true;
      if (only_new && only_old) throw CommandError(kSyntax);
      continue;
    }
    if ((option != "px" && option != "ex") || i + 1 == words.size()) throw CommandError(kSyntax);
    const int64_t length = integer_of(words[++i]);
    if (length <= 0) throw CommandError{"ERR invalid expire time in 'set' command"};
    end = store.now_ms() + (option == "px" ? length : length * 1000);
  }
  const bool is_there = store.find(words[1]) != nullptr;
  if (is_there ? only_new : only_old) return nil();
  store.entries_[words[1]] = {words[2], end};
  return status("OK");
}

Reply Commands::mget(Store &store, const Words &words) {
  Reply reply = array();
  for (size_t i = 1; i < words.size(); ++i) {
    const Store::Entry *entry = store.find(words[i]);
    const auto *value = entry == nullptr ? nullptr : std::get_if<std::string>(&entry->value);
    reply.elements.push_back(value == nullptr ? nil() : text(*value));
  }
  return reply;
}

// ---- Keys ----

Reply Commands::del(Store &store, const Words &words) {
  int64_t count = 0;
  for (size_t i = 1; i < words.size(); ++i) {
    if (store.find(words[i]) == nullptr) continue;
    store.entries_.erase(words[i]);
    ++count;
  }
  return integer(count);
}

Reply Commands::exists(Store &store, const Words &words) {
  int64_t count = 0;
  for (size_t i = 1; i < words.size(); ++i) count += store.find(words[i]) != nullptr ? 1 : 0;
  return integer(count);
}

Reply Commands::pttl(Store &store, const Words &words) {
  const Store::Entry *entry = store.find(words[1]);
  if (entry == nullptr) return integer(-2);
  return integer(entry->end_ms == Store::kNoEnd ? -1 : entry->end_ms - store.now_ms());
}

Reply Commands::end_in(Store &store, const std::string &key, int64_t ms) {
  Store::Entry *entry = store.find(key);
  if (entry == nullptr) return integer(0);
  entry->end_ms = store.now_ms() + ms;
  if (ms <= 0) store.entries_.erase(key);
  return integer(1);
}

Reply Commands::pexpire(Store &store, const Words &words) {
  return end_in(store, words[1], integer_of(words[2]));
}

Reply Commands::expire(Store &store, const Words &words) {
  return end_in(store, words[1], integer_of(words[2]) * 1000);
}

Reply Commands::time(Store &store, const Words &) {
  return array({text(std::to_string(store.now_us() / 1'000'000)),
                text(std::to_string(store.now_us() % 1'000'000))});
}

Reply Commands::type(Store &store, const Words &words) {
  const Store::Entry *entry = store.find(words[1]);
  static constexpr const char *kNames[] = {"string", "hash", "zset"};
  return status(entry == nullptr ? "none" : kNames[entry->value.index()]);
}

Reply Commands::flushall(Store &store, const Words &) {
  store.clear();
  return status("OK");
}

// All in one go, whatever COUNT says: a server may.
Reply Commands::scan(Store &store, const Words &words) {
  std::string pattern = "*";
  for (size_t i = 2; i + 1 < words.size(); i += 2)
    if (lower_case(words[i]) == "match") pattern = words[i + 1];
  Reply found = array();
  for (const std::string &key : store.keys())
    if (matches(pattern.c_str(), key.c_str())) found.elements.push_back(text(key));
  return array({text("0"), std::move(found)});
}

}  // namespace repolock::sim
