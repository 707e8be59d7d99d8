// lua.h - Redis' scripts in a Lua 5.1 of our own, under the rules of Redis 7: what becomes of values on
// their way in and out, globals that are locked, errors and where they happened.
//
// One serves any number of servers, one after another: a script leaves nothing behind.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "redis/store.h"

struct lua_State;

namespace repolock::sim {

class Lua {
 public:
  // What redis.call comes to.
  using OnCall = std::function<Reply(const Words &)>;

  Lua();
  ~Lua();
  Lua(const Lua &) = delete;
  Lua &operator=(const Lua &) = delete;

  // sha1: the name under which errors speak of it.
  Reply run(const std::string &sha1, std::string_view script, const Words &keys, const Words &argv,
            const OnCall &on_call);

 private:
  struct Glue;

  lua_State *state_;
  const OnCall *on_call_ = nullptr;
  std::map<std::string, int, std::less<>> compiled_;  // by their text: places in the registry
};

}  // namespace repolock::sim
