#include "redis/server.h"

#include "backend/redis/script.h"
#include "redis/commands.h"

namespace repolock::sim {

std::vector<ServedScript> real_scripts() {
  namespace script = backend::redis::script;
  std::vector<ServedScript> all;
  for (const auto *one :
       {&script::kAcq, &script::kBeat, &script::kBreak, &script::kCheck, &script::kGuard,
        &script::kHold, &script::kInspect, &script::kRel, &script::kShare})
    all.push_back({one->name, one->sha1, one->text, std::string(one->text)});
  return all;
}

Reply Server::run(Session &session, const Words &words) {
  const std::string name = lower_case(words.front());
  if (name == "eval" || name == "evalsha") return eval(words);
  if (name == "ping")
    return session.channels.empty() ? status("PONG") : array({text("pong"), text("")});
  if (name == "info") return info();
  if (name == "publish") return publish(words);
  if (name == "subscribe") return subscribe(session, words);
  if (name == "script") return script(words);
  if (name == "select") return status("OK");
  return data.run(words);
}

// ---- Scripts ----

const ServedScript *Server::script_of(const Words &words) const {
  if (words.size() < 2) return nullptr;
  const std::string name = lower_case(words.front());
  for (const ServedScript &one : scripts_)
    if (name == "evalsha" ? words[1] == one.sha1 : name == "eval" && words[1] == one.asked_as)
      return &one;
  return nullptr;
}

Reply Server::eval(const Words &words) {
  const std::string name = lower_case(words.front());
  if (words.size() < 3) return error("ERR wrong number of arguments for '" + name + "' command");
  size_t count = 0;
  try {
    const int64_t asked = integer_of(words[2]);
    if (asked < 0) return error("ERR Number of keys can't be negative");
    count = static_cast<size_t>(asked);
  } catch (const CommandError &wrong) {
    return error(wrong.words);
  }
  if (count > words.size() - 3)
    return error("ERR Number of keys can't be greater than number of args");
  const ServedScript *script = script_of(words);
  if (name == "evalsha" && (script == nullptr || loaded_.count(script->sha1) == 0))
    return error("NOSCRIPT No matching script. Please use EVAL.");
  if (script != nullptr) loaded_.insert(script->sha1);
  const auto keys = words.begin() + 3;
  const auto argv = keys + static_cast<std::ptrdiff_t>(count);
  return lua_.run(script == nullptr ? std::string(40, '0') : script->sha1,
                  script == nullptr ? words[1] : script->text, Words(keys, argv),
                  Words(argv, words.end()), [this](const Words &asked) { return called(asked); });
}

// What a script calls.
Reply Server::called(const Words &words) {
  if (words.front() == "PUBLISH" && words.size() == 3) {
    if (denies_publish)
      return error("ERR The user executing the script can't run this command or subcommand");
    return publish(words);
  }
  if (!Store::knows(words)) return error("ERR Unknown Redis command called from script");
  if (!Store::takes(words))
    return error("ERR Wrong number of args calling Redis command from script");
  return data.run(words);
}

Reply Server::script(const Words &words) {
  const std::string what = words.size() > 1 ? lower_case(words[1]) : "";
  if (what == "flush") {
    forget_scripts();
    return status("OK");
  }
  if (what == "load" && words.size() == 3)
    for (const ServedScript &one : scripts_)
      if (words[2] == one.asked_as) return text(*loaded_.insert(one.sha1).first);
  return error("ERR unknown subcommand");
}

// ---- Channels ----

Reply Server::publish(const Words &words) {
  if (words.size() != 3) return error("ERR wrong number of arguments for 'publish' command");
  if (denies_publish)
    return error("NOPERM this user has no permissions to run the 'publish' command");
  int64_t heard = 0;
  for (Session *session : sessions_) {
    if (session->channels.count(words[1]) == 0) continue;
    ++heard;
    session->push(array({text("message"), text(words[1]), text(words[2])}));
  }
  return integer(heard);
}

Reply Server::subscribe(Session &session, const Words &words) const {
  if (words.size() != 2) return error("ERR wrong number of arguments for 'subscribe' command");
  if (denies_subscribe)
    return error("NOPERM this user has no permissions to run the 'subscribe' command");
  session.channels.insert(words[1]);
  return array(
      {text("subscribe"), text(words[1]), integer(static_cast<int64_t>(session.channels.size()))});
}

Reply Server::info() const {
  return text(
      "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nrun_id:" + run_id +
      "\r\n\r\n# Persistence\r\nloading:0\r\naof_enabled:1\r\n\r\n# Replication\r\nrole:master\r\n"
      "connected_slaves:0\r\n\r\n# Memory\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\n");
}

}  // namespace repolock::sim
