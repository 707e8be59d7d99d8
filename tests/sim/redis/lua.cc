#include "redis/lua.h"

#include <lua.hpp>

#include <cstdio>

namespace repolock::sim {

// An error of Lua is a jump: no function here has anything to destroy where one may begin.
struct Lua::Glue {
  static Lua &self(lua_State *state) {
    return *static_cast<Lua *>(lua_touserdata(state, lua_upvalueindex(1)));
  }

  // ---- Values ----

  static void push_strings(lua_State *state, const Words &words) {
    lua_createtable(state, static_cast<int>(words.size()), 0);
    for (size_t i = 0; i < words.size(); ++i) {
      lua_pushlstring(state, words[i].data(), words[i].size());
      lua_rawseti(state, -2, static_cast<int>(i + 1));
    }
  }

  static void push_field(lua_State *state, const char *field, const std::string &value) {
    lua_createtable(state, 0, 1);
    lua_pushlstring(state, value.data(), value.size());
    lua_setfield(state, -2, field);
  }

  static void push(lua_State *state, const Reply &reply) {
    switch (reply.kind) {
      case Reply::Kind::kNil:
        return lua_pushboolean(state, 0);
      case Reply::Kind::kInteger:
        return lua_pushnumber(state, static_cast<lua_Number>(reply.integer));
      case Reply::Kind::kText:
        return lua_pushlstring(state, reply.text.data(), reply.text.size());
      case Reply::Kind::kStatus:
        return push_field(state, "ok", reply.text);
      case Reply::Kind::kError:
        return push_field(state, "err", reply.text);
      case Reply::Kind::kArray:
        lua_createtable(state, static_cast<int>(reply.elements.size()), 0);
        for (size_t i = 0; i < reply.elements.size(); ++i) {
          push(state, reply.elements[i]);
          lua_rawseti(state, -2, static_cast<int>(i + 1));
        }
    }
  }

  static std::string string_at(lua_State *state, int index) {
    size_t size = 0;
    const char *bytes = lua_tolstring(state, index, &size);
    return bytes == nullptr ? std::string() : std::string(bytes, size);
  }

  // A field of the table on top, if that is a string.
  static bool take_field(lua_State *state, const char *field, std::string *value) {
    lua_pushstring(state, field);
    lua_rawget(state, -2);
    const bool is_there = lua_type(state, -1) == LUA_TSTRING;
    if (is_there) *value = string_at(state, -1);
    lua_pop(state, 1);
    return is_there;
  }

  // What is on top, and takes it away.
  static Reply pop(lua_State *state) {
    Reply reply;
    std::string word;
    switch (lua_type(state, -1)) {
      case LUA_TSTRING:
        reply = text(string_at(state, -1));
        break;
      case LUA_TNUMBER:
        reply = integer(static_cast<int64_t>(lua_tonumber(state, -1)));
        break;
      case LUA_TBOOLEAN:
        if (lua_toboolean(state, -1) != 0) reply = integer(1);
        break;
      case LUA_TTABLE:
        if (take_field(state, "err", &word)) {
          reply = error(word);
        } else if (take_field(state, "ok", &word)) {
          reply = status(word);
        } else {
          reply = array();
          for (int i = 1;; ++i) {  // up to the first nil
            lua_rawgeti(state, -1, i);
            if (lua_isnil(state, -1)) break;
            reply.elements.push_back(pop(state));
          }
          lua_pop(state, 1);
        }
        break;
      default:
        break;
    }
    lua_pop(state, 1);
    return reply;
  }

  // ---- redis.* ----

  // The reply is left on top; false: it is an error.
  static bool ask(lua_State *state) {
    Words words;
    for (int i = 1; i <= lua_gettop(state); ++i) {
      if (lua_type(state, i) == LUA_TNUMBER) {
        char digits[64];
        snprintf(digits, sizeof digits, "%.17g", static_cast<double>(lua_tonumber(state, i)));
        words.emplace_back(digits);
      } else if (lua_type(state, i) == LUA_TSTRING) {
        words.push_back(string_at(state, i));
      } else {
        push(state, error("ERR Lua redis lib command arguments must be strings or integers"));
        return false;
      }
    }
    const Reply reply =
        words.empty() ? error("ERR Please specify at least one argument for this redis.call()")
                      : (*self(state).on_call_)(words);
    push(state, reply);
    return !reply.is_error();
  }

  static int call(lua_State *state) { return ask(state) ? 1 : lua_error(state); }
  static int pcall(lua_State *state) {
    ask(state);
    return 1;
  }

  static int error_reply(lua_State *state) {
    push_error_words(state);
    return 1;
  }
  static void push_error_words(lua_State *state) {
    const std::string words = string_at(state, 1);
    push(state, error(words.starts_with('-') ? words.substr(1) : words));
  }
  static int status_reply(lua_State *state) {
    push(state, status(string_at(state, 1)));
    return 1;
  }

  // ---- Errors ----

  // Makes a table of whatever was thrown, with the place: the handler of lua_pcall.
  static int describe(lua_State *state) {
    if (lua_type(state, 1) != LUA_TTABLE) push(state, error("ERR " + string_at(state, 1)));
    lua_Debug at;
    bool is_known = lua_getstack(state, 1, &at) != 0 && lua_getinfo(state, "nSl", &at) != 0;
    if (is_known && at.what[0] == 'C')
      is_known = lua_getstack(state, 2, &at) != 0 && lua_getinfo(state, "nSl", &at) != 0;
    if (is_known) {
      lua_pushfstring(state, "%s:%d.", at.source, at.currentline);
      lua_setfield(state, -2, "place");
    }
    return 1;
  }

  static int no_such_global(lua_State *state) {
    return luaL_error(state, "Script attempted to access nonexistent global variable '%s'",
                      luaL_checkstring(state, 2));
  }
  static int no_new_global(lua_State *state) {
    return luaL_error(state, "Attempt to modify a readonly table");
  }

  static void add(lua_State *state, Lua *self, const char *name, lua_CFunction function) {
    lua_pushlightuserdata(state, self);
    lua_pushcclosure(state, function, 1);
    lua_setfield(state, -2, name);
  }

  // Sets a global in spite of the lock; its value is on top.
  static void set_global(lua_State *state, const char *name) {
    lua_pushstring(state, name);
    lua_insert(state, -2);
    lua_rawset(state, LUA_GLOBALSINDEX);
  }
};

Lua::Lua() : state_(luaL_newstate()) {
  const std::pair<const char *, lua_CFunction> libraries[] = {{"", luaopen_base},
                                                              {LUA_TABLIBNAME, luaopen_table},
                                                              {LUA_STRLIBNAME, luaopen_string},
                                                              {LUA_MATHLIBNAME, luaopen_math}};
  for (const auto &[name, open] : libraries) {
    lua_pushcfunction(state_, open);
    lua_pushstring(state_, name);
    lua_call(state_, 1, 0);
  }
  for (const char *gone : {"dofile", "loadfile", "print"}) {
    lua_pushnil(state_);
    lua_setglobal(state_, gone);
  }
  lua_newtable(state_);
  Glue::add(state_, this, "call", Glue::call);
  Glue::add(state_, this, "pcall", Glue::pcall);
  Glue::add(state_, this, "error_reply", Glue::error_reply);
  Glue::add(state_, this, "status_reply", Glue::status_reply);
  lua_setglobal(state_, "redis");
  lua_newtable(state_);
  lua_pushcfunction(state_, Glue::no_such_global);
  lua_setfield(state_, -2, "__index");
  lua_pushcfunction(state_, Glue::no_new_global);
  lua_setfield(state_, -2, "__newindex");
  lua_pushvalue(state_, LUA_GLOBALSINDEX);
  lua_insert(state_, -2);
  lua_setmetatable(state_, -2);
  lua_pop(state_, 1);
}

Lua::~Lua() {
  lua_close(state_);
}

Reply Lua::run(const std::string &sha1, std::string_view script, const Words &keys,
               const Words &argv, const OnCall &on_call) {
  auto found = compiled_.find(script);
  if (found == compiled_.end()) {
    if (luaL_loadbuffer(state_, script.data(), script.size(), "@user_script") != 0)
      return error("ERR Error compiling script (new function): " + Glue::pop(state_).text);
    found = compiled_.emplace(script, luaL_ref(state_, LUA_REGISTRYINDEX)).first;
  }
  on_call_ = &on_call;
  Glue::push_strings(state_, keys);
  Glue::set_global(state_, "KEYS");
  Glue::push_strings(state_, argv);
  Glue::set_global(state_, "ARGV");
  lua_pushcfunction(state_, Glue::describe);
  lua_rawgeti(state_, LUA_REGISTRYINDEX, found->second);
  const bool is_done = lua_pcall(state_, 0, 1, -2) == 0;
  std::string place;
  const bool has_place =
      !is_done && lua_type(state_, -1) == LUA_TTABLE && Glue::take_field(state_, "place", &place);
  Reply reply = Glue::pop(state_);
  lua_pop(state_, 1);  // the handler
  if (has_place) reply.text += " script: " + sha1 + ", on " + place;
  return reply;
}

}  // namespace repolock::sim
