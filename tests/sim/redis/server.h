// server.h - a small Redis: the store, scripts, channels, INFO. Whoever owns it turns its clock, and
// brings it commands, one after another.
#pragma once

#include <functional>
#include <list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "redis/lua.h"
#include "redis/store.h"

namespace repolock::sim {

// A script under the SHA1 of the real one; a mutant has another text there.
struct ServedScript {
  std::string name;
  std::string sha1;
  std::string_view asked_as;  // the text of the real one
  std::string text;
};

std::vector<ServedScript> real_scripts();

// One connection, as the server sees it.
struct Session {
  std::set<std::string> channels;
  std::function<void(const Reply &)> push;  // what nobody asked for: messages
};

class Server {
 public:
  Server(Lua &lua, const std::vector<ServedScript> &scripts) : lua_(lua), scripts_(scripts) {}

  Store data;
  std::string run_id;
  bool denies_publish = false;
  bool denies_subscribe = false;

  Reply run(Session &session, const Words &words);
  void connect(Session &session) { sessions_.push_back(&session); }
  void disconnect(Session &session) { sessions_.remove(&session); }
  void forget_scripts() { loaded_.clear(); }

  // Which script such a command runs; nullptr: none.
  const ServedScript *script_of(const Words &words) const;

 private:
  Reply eval(const Words &words);
  Reply script(const Words &words);
  Reply called(const Words &words);
  Reply publish(const Words &words);
  Reply subscribe(Session &session, const Words &words) const;
  Reply info() const;

  Lua &lua_;
  const std::vector<ServedScript> &scripts_;
  std::set<std::string> loaded_;  // SHA1s
  std::list<Session *> sessions_;
};

}  // namespace repolock::sim
