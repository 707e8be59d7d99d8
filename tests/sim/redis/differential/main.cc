// sim_redis_differential: the same commands and script calls, from a seed, against the store of the
// simulation and a real redis-server. Every reply is compared, and after each all data with their ends.
//
// The real one has a clock that nobody can set, so it leads. TIME is asked before and after each call,
// in one write with it. Where both show the same millisecond the call ran in that one: the store, whose
// clock is set to it, must come to the same reply and the same data, each key with its end. Only numbers
// of 16 digits, fences that begin at the microseconds, may differ, by as much as lies between. Where the
// millisecond changed on the way nothing is known, and nothing is compared; that is counted. After each
// call the store goes on from what the real one has, so the next one begins alike.
//
//   sim_redis_differential [SEEDS [CALLS [FIRST]]]
#include <cstdlib>
#include <iostream>
#include <stdexcept>

#include "redis/differential/calls.h"
#include "redis/differential/real_redis.h"

namespace {

using namespace repolock::sim;

struct Difference : std::runtime_error {
  using std::runtime_error::runtime_error;
};

int64_t microseconds(const Reply &time) {
  return std::stoll(time.elements[0].text) * 1'000'000 + std::stoll(time.elements[1].text);
}

std::string told(const Reply &reply) {
  static constexpr const char *kKinds[] = {"nil", "", "", "+", "-", "*"};
  std::string all = kKinds[static_cast<int>(reply.kind)];
  if (reply.kind == Reply::Kind::kInteger) all += std::to_string(reply.integer);
  all += reply.text;
  for (const Reply &element : reply.elements) all += " " + told(element);
  return reply.kind == Reply::Kind::kArray ? "(" + all + ")" : all;
}

// Alike, but for numbers of 16 digits, by so much.
bool is_alike(const std::string &one, const std::string &other, int64_t slack_us) {
  constexpr size_t kDigits = 16;
  if (one.size() != other.size()) return false;
  for (size_t at = 0; at < one.size();) {
    const size_t end = std::min(one.find_first_not_of("0123456789", at), one.size());
    if (end - at == kDigits) {
      const auto number = [&](const std::string &text) {
        return std::strtoll(text.substr(at, kDigits).c_str(), nullptr, 10);
      };
      if (std::abs(number(one) - number(other)) > slack_us) return false;
      at = end;
    } else if (one[at] != other[at]) {
      return false;
    } else {
      ++at;
    }
  }
  return true;
}

Words reader_of(const std::string &type, const std::string &key) {
  if (type == "hash") return {"HGETALL", key};
  if (type == "zset") return {"ZRANGE", key, "0", "-1", "WITHSCORES"};
  return {"GET", key};
}

class Comparison {
 public:
  Comparison(RealRedis &real, uint64_t seed)
      : real_(real),
        random_(seed),
        scripts_(real_scripts()),
        calls_(random_, scripts_),
        server_(lua_, scripts_) {}

  void run(uint64_t count) {
    real_.run({"FLUSHALL"});
    for (const ServedScript &one : scripts_) {
      real_.run({"SCRIPT", "LOAD", one.text});
      server_.run(session_, {"SCRIPT", "LOAD", one.text});
    }
    compare(Calls::first());
    for (uint64_t call = 0; call < count; ++call) {
      compare(calls_.draw(now_us_ / 1000, fence()));
      if (random_.one_in(400)) compare({"FLUSHALL"}), compare(Calls::first());
    }
  }

  uint64_t grants() const { return grants_; }
  uint64_t compared() const { return compared_; }

 private:
  struct Entry {
    std::string type;
    Reply value;
    int64_t end;
  };
  struct Data {
    std::map<std::string, Entry> keys;
  };

  // In one text; the real one does not order the fields of a hash.
  static std::string contents(const Entry &entry) {
    std::string all = entry.type + " until " + std::to_string(entry.end) + ":";
    if (entry.type != "hash") return all + told(entry.value);
    std::map<std::string, std::string> fields;
    for (size_t i = 0; i + 1 < entry.value.elements.size(); i += 2)
      fields[entry.value.elements[i].text] = entry.value.elements[i + 1].text;
    for (const auto &[name, text] : fields) all.append(" ").append(name).append("=").append(text);
    return all;
  }

  uint64_t fence() {
    const Reply raw = server_.data.run({"GET", random_.of(Calls::keys())});
    const std::string &text = raw.text;
    const bool is_fence = raw.kind == Reply::Kind::kText && text.find(' ') == std::string::npos;
    return is_fence ? std::strtoull(text.c_str(), nullptr, 10) : 1000;
  }

  Data real_data() {
    std::vector<Words> asked;
    for (const std::string &key : Calls::keys()) asked.push_back({"TYPE", key});
    const auto types = real_.run(asked);
    asked.clear();
    for (size_t i = 0; i < types.size(); ++i) {
      asked.push_back(reader_of(types[i].text, Calls::keys()[i]));
      asked.push_back({"PEXPIRETIME", Calls::keys()[i]});
    }
    const auto replies = real_.run(asked);
    Data data;
    for (size_t i = 0; i < types.size(); ++i)
      if (replies[2 * i + 1].integer != -2)
        data.keys[Calls::keys()[i]] = {types[i].text, replies[2 * i], replies[2 * i + 1].integer};
    return data;
  }

  static Data data_of(Store &store) {
    Data data;
    for (const std::string &key : Calls::keys()) {
      const Store::Entry *entry = store.look(key);
      if (entry == nullptr) continue;
      const std::string type = store.run({"TYPE", key}).text;
      const int64_t end = entry->end_ms;
      data.keys[key] = {type, store.run(reader_of(type, key)), end};
    }
    return data;
  }

  void compare(const Words &words) {
    const auto replies = real_.run({{"TIME"}, words, {"TIME"}});
    const int64_t before = microseconds(replies[0]), after = microseconds(replies[2]);
    const Data real = real_data();
    now_us_ = microseconds(real_.run({"TIME"}));
    if (before / 1000 == after / 1000) {
      server_.data.set_clock(before);
      const Reply reply = server_.run(session_, words);
      std::string difference;
      if (!is_alike(told(replies[1]), told(reply), after - before))
        difference = "the real one: " + told(replies[1]) + "\nthe store:    " + told(reply);
      else
        difference = compare_data(real, before, after - before);
      if (!difference.empty()) {
        std::string call;
        for (const std::string &word : words) call += (word.size() > 500 ? "TEXT" : word) + " | ";
        throw Difference(call + "\n" + difference);
      }
      ++compared_;
      if (told(replies[1]).find("(GRANT ") != std::string::npos) ++grants_;
    }
    load(real);
  }

  // "": alike. What ends until `now` may be there or not.
  std::string compare_data(const Data &real, int64_t at, int64_t slack_us) {
    const Data ours = data_of(server_.data);
    for (const std::string &key : Calls::keys()) {
      const auto one = real.keys.find(key);
      const auto other = ours.keys.find(key);
      const bool is_there = one != real.keys.end(), is_here = other != ours.keys.end();
      if (!is_there && !is_here) continue;
      const int64_t end = is_here ? other->second.end : one->second.end;
      if (end >= at / 1000 && end <= now_us_ / 1000) continue;
      if (is_there != is_here) return key + (is_there ? " is missing" : " is only in the store");
      const std::string there = contents(one->second), here = contents(other->second);
      if (!is_alike(there, here, slack_us))
        return std::string(key)
            .append("\nthe real one: ")
            .append(there)
            .append("\nthe store:    ")
            .append(here);
    }
    return "";
  }

  // What ends just now is gone in both.
  void load(const Data &real) {
    constexpr int64_t kJustNow = 2;
    Store &store = server_.data;
    store.clear();
    store.set_clock(now_us_);
    for (const auto &[key, entry] : real.keys) {
      if (entry.end != Store::kNoEnd && entry.end <= store.now_ms() + kJustNow) {
        real_.run({"DEL", key});
        continue;
      }
      const auto &values = entry.value.elements;
      if (entry.type == "string") store.run({"SET", key, entry.value.text});
      for (size_t i = 0; i + 1 < values.size(); i += 2) {
        if (entry.type == "hash") store.run({"HSET", key, values[i].text, values[i + 1].text});
        if (entry.type == "zset") store.run({"ZADD", key, values[i + 1].text, values[i].text});
      }
      if (entry.end != Store::kNoEnd)
        store.run({"PEXPIRE", key, std::to_string(entry.end - store.now_ms())});
    }
  }

  RealRedis &real_;
  Random random_;
  const std::vector<ServedScript> scripts_;
  Calls calls_;
  Lua lua_;
  Server server_;
  Session session_;
  int64_t now_us_ = 0;
  uint64_t grants_ = 0, compared_ = 0;
};

}  // namespace

int main(int argc, char **argv) {
  if (!RealRedis::is_installed()) {
    std::cout << "SKIP no redis-server here\n";
    return 77;
  }
  const auto number = [&](int at, uint64_t otherwise) {
    return argc > at ? std::strtoull(argv[at], nullptr, 10) : otherwise;
  };
  const uint64_t seeds = number(1, 20), calls = number(2, 1000), first = number(3, 1);
  RealRedis real;
  uint64_t grants = 0, compared = 0;
  for (uint64_t seed = first; seed < first + seeds; ++seed) {
    Comparison comparison(real, seed);
    try {
      comparison.run(calls);
    } catch (const Difference &difference) {
      std::cout << "seed " << seed << ": they differ after\n" << difference.what();
      return 1;
    }
    grants += comparison.grants();
    compared += comparison.compared();
  }
  std::cout << seeds << " seeds from " << first << ", " << seeds * calls << " calls, " << compared
            << " compared, with " << grants << " grants: no difference\n";
  // A machine that is too busy for that proves nothing, but that is rare.
  if (compared * 2 < seeds * calls) std::cout << "few were compared: the machine is busy\n";
  return 0;
}
