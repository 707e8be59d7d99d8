// store.h - the data of a small Redis: strings, hashes, sorted sets, each with its end, and the
// commands on them that our scripts and our client use, in the words of Redis 7.
//
// It has no clock: whoever owns it says what time it is. A copy of it is a snapshot.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "backend/redis/reply.h"

namespace repolock::sim {

using backend::redis::Reply;
using Words = std::vector<std::string>;

struct SortedSet {
  std::map<std::string, double> scores;
  std::set<std::pair<double, std::string>> order;
};

class Store {
 public:
  using Hash = std::map<std::string, std::string>;
  static constexpr int64_t kNoEnd = -1;
  struct Entry {
    std::variant<std::string, Hash, SortedSet> value;
    int64_t end_ms = kNoEnd;
  };

  void set_clock(int64_t now_us) { now_us_ = now_us; }
  int64_t now_us() const { return now_us_; }
  int64_t now_ms() const { return now_us_ / 1000; }

  // One command on the data; a command that is not one of those is an error, as for Redis.
  Reply run(const Words &words);
  // Whether run() knows it, and with so many words.
  static bool knows(const Words &words);
  static bool takes(const Words &words);

  // What is there now, without what has ended; nothing is changed by looking.
  const Entry *look(const std::string &key) const;
  std::vector<std::string> keys() const;
  void clear() { entries_.clear(); }
  void erase(const std::string &key) { entries_.erase(key); }

 private:
  friend struct Commands;

  Entry *find(const std::string &key);
  // Of that type; nullptr: there is none. Throws WrongType.
  template <class Value>
  Value *get(const std::string &key);
  template <class Value>
  Value &make(const std::string &key);
  // Empty collections are not kept.
  template <class Value>
  void drop_if_empty(const std::string &key, bool empty);

  int64_t now_us_ = 0;
  std::map<std::string, Entry> entries_;
};

// Replies, as commands make them.
Reply integer(int64_t number);
Reply text(std::string bytes);
Reply status(std::string word);
Reply error(std::string words);
Reply nil();
Reply array(std::vector<Reply> elements = {});

std::string lower_case(std::string word);
// Glob, as far as SCAN MATCH needs it: *, ? and a backslash.
bool matches(const char *pattern, const char *name);

}  // namespace repolock::sim
