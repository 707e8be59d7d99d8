#include "redis/differential/calls.h"

namespace repolock::sim {

namespace {

constexpr char kGuard[] = "repolock:guard";
constexpr char kOwner[] = "host boot 1 2 the job";

}  // namespace

Words Calls::first() {
  return {"HSET", kGuard, "run_id", "run", "config", "config", "cap", "31000", "floor", "1000"};
}

const Words &Calls::keys() {
  static const Words kAll = [] {
    Words all = {kGuard};
    for (const char *name : {"a/b", "c/d"})
      for (const char *end : {"", ":f", ":q", ":w", ":r"})
        all.push_back("repolock:{" + std::string(name) + "}" + end);
    return all;
  }();
  return kAll;
}

std::string Calls::name() {
  return "repolock:{" + random_.of<std::string>({"a/b", "a/b", "c/d"}) + "}";
}

// One, or both of them.
Words Calls::names() {
  if (!random_.one_in(3)) return {name()};
  return {"repolock:{c/d}", "repolock:{a/b}"};
}

Words Calls::all_keys(const std::string &name) {
  return {name, name + ":f", name + ":q", name + ":w", name + ":r"};
}

std::string Calls::lease() {
  return std::string(31, '0') + static_cast<char>('1' + random_.below(5));
}

std::string Calls::about(uint64_t fence) {
  if (random_.one_in(30)) return random_.of<std::string>({"9007199254740992", "1", "5000"});
  return std::to_string(random_.one_in(4) ? fence + random_.below(4) : fence);
}

std::string Calls::moment(int64_t now_ms) {
  if (!random_.one_in(4)) return "0";
  return std::to_string(now_ms + random_.of<int64_t>({-5, 20, 1000}));
}

Words Calls::script(const std::string &name, Words keys, const Words &arguments) {
  const ServedScript *found = nullptr;
  for (const ServedScript &one : scripts_)
    if (one.name == name) found = &one;
  const bool by_text = random_.one_in(20);
  Words words = {by_text ? "EVAL" : "EVALSHA", by_text ? found->text : found->sha1,
                 std::to_string(keys.size() + 1), kGuard};
  words.insert(words.end(), keys.begin(), keys.end());
  words.insert(words.end(), {random_.one_in(30) ? "other" : "run", "config"});
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

Words Calls::acq(int64_t now_ms, uint64_t fence) {
  Words keys, arguments = {moment(now_ms)};
  for (const std::string &name : names()) {
    const std::string hint = random_.one_in(6) ? about(fence + 3) : "0";
    const std::string seen = random_.one_in(6) ? about(fence + 5) : "0";
    const Words all = all_keys(name);
    keys.insert(keys.end(), all.begin(), all.end());
    arguments.insert(arguments.end(),
                     {lease() + ":" + att(), px(), kind() + (random_.one_in(3) ? "" : "q"),
                      moment(now_ms), hint, seen, "repolock:to:1 " + std::string(kOwner)});
  }
  return script("acq", keys, arguments);
}

Words Calls::hold(int64_t now_ms, uint64_t fence, bool shared) {
  Words keys, arguments = {moment(now_ms)};
  if (!shared) arguments.push_back(random_.of<std::string>({"renew", "renew", "write", "stay"}));
  do {
    const Words all = all_keys(name());
    keys.insert(keys.end(), {all[shared ? 3 : 0], all[shared ? 4 : 1]});
    arguments.insert(arguments.end(), {lease() + ":" + att(), about(fence), px()});
    if (!shared) arguments.push_back("1 - " + std::string(kOwner));
  } while (random_.one_in(3));
  return script(shared ? "share" : "hold", keys, arguments);
}

Words Calls::rel(uint64_t fence) {
  Words keys, arguments;
  for (const std::string &name : names()) {
    const std::string found =
        random_.of<std::string>({"-", "-", "", std::to_string(fence - 1) + "o1"});
    const Words all = all_keys(name);
    keys.insert(keys.end(), all.begin(), all.end());
    arguments.insert(arguments.end(),
                     {lease() + ":" + att(), kind(), random_.of<std::string>({"0", "1", "3"}),
                      about(fence), found});
  }
  return script("rel", keys, arguments);
}

Words Calls::beat() {
  Words keys, arguments;
  do {
    const Words all = all_keys(name());
    keys.insert(keys.end(), all.begin(), all.end());
    arguments.insert(arguments.end(), {"2", lease(), lease()});
  } while (random_.one_in(3));
  return script("beat", keys, arguments);
}

Words Calls::other(int64_t now_ms, uint64_t fence) {
  switch (random_.below(6)) {
    case 0:
      return script("break", all_keys(name()), {lease()});
    case 1:
      return script("inspect", all_keys(name()), {"10"});
    case 2:
      return script("check", all_keys(name()), {lease() + ":" + att(), kind()});
    case 3: {
      Words words =
          script("guard", {}, {"31000", random_.of<std::string>({"look", "first", "wait"})});
      if (random_.one_in(20)) words.back() = random_.of<std::string>({"survived", "now"});
      return words;
    }
    case 4:
      return random_.one_in(3) ? first() : plain(now_ms);
    default:
      return rel(fence);
  }
}

// What people and other programs may do to the keys, and what only a wrong client sends.
Words Calls::plain(int64_t now_ms) {
  const Words all = all_keys(name());
  const std::string &any = all[random_.below(all.size())];
  const std::string silent = std::to_string(now_ms - 15'500);
  switch (random_.below(26)) {
    case 0:
      return {"DEL", any};
    case 1:
      return {"SET", all[0], "somebody else's", "PX", px()};
    case 2:
      return {"SET", all[0], "somebody else's", random_.of<std::string>({"NX", "XX", "nothing"})};
    case 3:
      return {"SET", all[1], random_.one_in(4) ? "no fence" : "4000h1"};
    case 4:
      return {"HSET", all[3], lease(), silent + " 1 x 100 0 " + silent + " - " + kOwner};
    case 5:
      return {"ZADD", all[2], "7", lease(), "8.5", lease()};
    case 6:
      return {"ZADD", any, "seven", lease()};
    case 7:
      return {"ZREM", any, lease(), lease()};
    case 8:
      return {"PEXPIRE", any, px()};
    case 9:
      return {"EXPIRE", any, random_.of<std::string>({"10", "x"})};
    case 10:
      return {"ZRANGE", any, "0", "-1", "WITHSCORES"};
    case 11:
      return {"ZREVRANGE", any, "0", "1"};
    case 12:
      return {"ZRANGEBYSCORE", any, "(2", "+inf", "WITHSCORES"};
    case 13:
      return {"ZRANGEBYSCORE", any, "low", "7"};
    case 14:
      return {"ZRANK", any, lease()};
    case 15:
      return {"ZSCORE", any, lease()};
    case 16:
      return {"ZCARD", any};
    case 17:
      return {"HGET", any, lease()};
    case 18:
      return {"HMGET", any, lease(), "x"};
    case 19:
      return {"HDEL", any, lease()};
    case 20:
      return {"MGET", any, all[0]};
    case 21:
      return {"EXISTS", any, any, all[1]};
    case 22:
      return {"GET", any};
    case 23:
      return {"HSET", any, "only a field"};
    case 24:
      return {"SET", any, "value", "PX", random_.of<std::string>({"0", "-1", "x"})};
    default:
      return {"NOTHING", "of", "that", "name"};
  }
}

Words Calls::draw(int64_t now_ms, uint64_t fence) {
  switch (random_.below(9)) {
    case 0:
    case 1:
    case 2:
      return acq(now_ms, fence);
    case 3:
      return hold(now_ms, fence, false);
    case 4:
      return hold(now_ms, fence, true);
    case 5:
    case 6:
      return rel(fence);
    case 7:
      return beat();
    default:
      return other(now_ms, fence);
  }
}

}  // namespace repolock::sim
