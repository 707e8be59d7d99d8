// commands.h - within the store: the commands by their names.
#pragma once

#include <string>

#include "redis/store.h"

namespace repolock::sim {

struct CommandError {
  const char *words;
};

struct Command {
  int arity;  // words with the name; negative: at least so many
  Reply (*run)(Store &store, const Words &words);
};

// In any case of letters; nullptr: there is none.
const Command *command_of(const std::string &name);

inline constexpr CommandError kWrongType{
    "WRONGTYPE Operation against a key holding the wrong kind of value"};
inline constexpr CommandError kNotInteger{"ERR value is not an integer or out of range"};
inline constexpr CommandError kNotFloat{"ERR value is not a valid float"};
inline constexpr CommandError kSyntax{"ERR syntax error"};

// Throw CommandError.
int64_t integer_of(const std::string &word);
double score_of(const std::string &word, const CommandError &otherwise);
std::string score_text(double score);

template <class Value>
Value *Store::get(const std::string &key) {
  Entry *entry = find(key);
  if (entry == nullptr) return nullptr;
  auto *value = std::get_if<Value>(&entry->value);
  if (value == nullptr) throw CommandError(kWrongType);
  return value;
}

template <class Value>
Value &Store::make(const std::string &key) {
  if (Value *value = get<Value>(key)) return *value;
  return std::get<Value>(entries_.emplace(key, Entry{Value(), kNoEnd}).first->second.value);
}

template <class Value>
void Store::drop_if_empty(const std::string &key, bool empty) {
  if (empty) entries_.erase(key);
}

// The commands themselves: strings_and_keys in commands.cc, the rest in collections.cc.
struct Commands {
  static Reply get(Store &store, const Words &words);
  static Reply set(Store &store, const Words &words);
  static Reply mget(Store &store, const Words &words);
  static Reply del(Store &store, const Words &words);
  static Reply exists(Store &store, const Words &words);
  static Reply pttl(Store &store, const Words &words);
  static Reply pexpire(Store &store, const Words &words);
  static Reply expire(Store &store, const Words &words);
  static Reply time(Store &store, const Words &words);
  static Reply type(Store &store, const Words &words);
  static Reply flushall(Store &store, const Words &words);
  static Reply scan(Store &store, const Words &words);

  static Reply hget(Store &store, const Words &words);
  static Reply hmget(Store &store, const Words &words);
  static Reply hset(Store &store, const Words &words);
  static Reply hdel(Store &store, const Words &words);
  static Reply hgetall(Store &store, const Words &words);

  static Reply zadd(Store &store, const Words &words);
  static Reply zrem(Store &store, const Words &words);
  static Reply zrange(Store &store, const Words &words);
  static Reply zrevrange(Store &store, const Words &words);
  static Reply zrangebyscore(Store &store, const Words &words);
  static Reply zscore(Store &store, const Words &words);
  static Reply zrank(Store &store, const Words &words);
  static Reply zcard(Store &store, const Words &words);

 private:
  static Reply end_in(Store &store, const std::string &key, int64_t ms);
  static Reply range(Store &store, const Words &words, bool reversed);
};

}  // namespace repolock::sim
