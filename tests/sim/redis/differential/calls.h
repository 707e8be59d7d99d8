// calls.h - any command that our client sends, any that others might, and some that are wrong.
#pragma once

#include <string>
#include <vector>

#include "random.h"
#include "redis/server.h"

namespace repolock::sim {

class Calls {
 public:
  Calls(Random &random, const std::vector<ServedScript> &scripts)
      : random_(random), scripts_(scripts) {}

  // now_ms: about what the server's clock shows; fence: about what its fences are.
  Words draw(int64_t now_ms, uint64_t fence);
  // Sets up the guard, the same on any server.
  static Words first();
  static const Words &keys();  // all that any of them touch

 private:
  Words script(const std::string &name, Words keys, const Words &arguments);
  Words acq(int64_t now_ms, uint64_t fence);
  Words hold(int64_t now_ms, uint64_t fence, bool shared);
  Words rel(uint64_t fence);
  Words beat();
  Words other(int64_t now_ms, uint64_t fence);
  Words plain(int64_t now_ms);
  std::string name();
  Words names();
  Words all_keys(const std::string &name);
  std::string lease();
  std::string about(uint64_t fence);
  std::string moment(int64_t now_ms);
  std::string px() { return random_.of<std::string>({"3", "10", "40", "400", "31000"}); }
  std::string kind() { return random_.of<std::string>({"x", "x", "s"}); }
  std::string att() { return std::to_string(1 + random_.below(3)); }

  Random &random_;
  const std::vector<ServedScript> &scripts_;
};

}  // namespace repolock::sim
