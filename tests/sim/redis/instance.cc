#include "redis/instance.h"

#include <algorithm>

#include "oracle/violation.h"
#include "redis/wire.h"

namespace repolock::sim {

using backend::redis::RestartGuard;

namespace {

constexpr char kGuardKey[] = "repolock:guard";
// Nobody believes longer in what was asked for before.
constexpr Millis kLongestBelief = kLongestTtl - kLongestTtl / 100;

// A script call without its keys, a reply without its ends.
std::string told(const Words &words) {
  std::string all;
  for (size_t i = 3 + std::stoull(words[2]) + 2; i < words.size(); ++i) all += ' ' + words[i];
  return words[std::min<size_t>(4, words.size() - 1)] + all;
}

std::string told(const Reply &reply) {
  if (reply.kind == Reply::Kind::kInteger) return std::to_string(reply.integer);
  std::string all = reply.text;
  for (const Reply &element : reply.elements) all += (all.empty() ? "" : " ") + told(element);
  return reply.kind == Reply::Kind::kArray ? "(" + all + ")" : all;
}

}  // namespace

Instance::Instance(Run &run, const Habits &habits, size_t number, Lua &lua,
                   const std::vector<ServedScript> &scripts)
    : run_(run),
      habits_(habits),
      scripts_(scripts),
      machine_(run, habits, number, lua, scripts),
      ledger_(machine_.data()) {}

void Instance::add(const std::shared_ptr<Wire> &wire) {
  std::erase_if(wires_, [](const auto &one) { return one.expired(); });
  wires_.push_back(wire);
}

Reply Instance::execute(Session &session, const Words &words) {
  ++run_.events;
  machine_.turn_clock();
  const ServedScript *script = machine_.server().script_of(words);
  if (script != nullptr) ledger_.before(*script, words);
  Reply reply = machine_.server().run(session, words);
  if (script == nullptr) {
    run_.trace.line(run_.now(), " ", name(), words.front());
    return reply;
  }
  const bool was_run = !reply.is_error() || !reply.text.starts_with("NOSCRIPT");
  if (run_.trace.is_on())
    run_.trace.line(run_.now(), " ", name(), script->name, told(words), "->", told(reply));
  if (!was_run) return reply;
  ledger_.after(reply);
  check_vote(*script, reply);
  if (script->name == "guard" && is_admitted()) forgotten_.clear();
  return reply;
}

// Letting go of one's own needs no vote.
void Instance::check_vote(const ServedScript &script, const Reply &reply) const {
  if (run_.now() >= silent_until_ || !machine_.keeps_time()) return;
  if (script.name == "rel" || script.name == "guard" || reply.elements[0].text == "GUARD") return;
  throw Violation(kVotes, name() + " answers " + script.name + " with " + reply.elements[0].text +
                              ", though it may have forgotten leases that are held");
}

// Behind a later HOLD, or SHARE, with a longer px, one of before would be a cut.
bool Instance::takes_again(const Words &words) const {
  const ServedScript *script = machine_.server().script_of(words);
  if (script == nullptr || script->name == "share") return false;
  if (script->name != "hold") return true;
  const auto leases = Ledger::leases_of_hold(words);
  return std::ranges::all_of(leases, [&](const auto &lease) { return ledger_.end_of(lease) == 0; });
}

void Instance::break_lease(const Ledger::Lease &lease) {
  if (machine_.is_down()) return;
  const std::string lock = "repolock:{" + lease.first + "}";
  const std::string run_id = habits_.guard == RestartGuard::kOff ? "off" : machine_.run_id();
  const auto guard = machine_.server().data.run({"HMGET", kGuardKey, "config"});
  Session session;
  const auto script = std::ranges::find(scripts_, "break", &ServedScript::name);
  execute(session,
          {"EVAL", std::string(script->asked_as), "6", kGuardKey, lock, lock + ":f", lock + ":q",
           lock + ":w", lock + ":r", run_id, guard.elements[0].text, lease.second});
}

// ---- Restarts ----

bool Instance::restart() {
  losing_ = ledger_.holders();
  const Machine::Fate fate =
      machine_.restart(run_.random.up_to(run_.random.of<Millis>({0, 15'000})));
  for (const auto &one : wires_)
    if (const auto wire = one.lock()) wire->server_closes();
  return fate != Machine::Fate::kKept;
}

void Instance::lost_under_guard() {
  forgotten_.insert(losing_.begin(), losing_.end());
  silent_until_ = run_.now() + kLongestBelief;
  if (std::ranges::none_of(habits_.servers, &ServerHabits::clock_is_wild)) return;
  keeps_fences_ = false;
  ledger_.start_anew(losing_);
}

void Instance::lost() {
  taken_away_.merge(forgotten_);
  taken_away_.insert(losing_.begin(), losing_.end());
  silent_until_ = 0;
  keeps_fences_ = false;
  ledger_.start_anew(losing_);
}

bool Instance::has_guard() const {
  return machine_.data().look(kGuardKey) != nullptr;
}

bool Instance::is_admitted() const {
  const Store::Entry *guard = machine_.data().look(kGuardKey);
  if (guard == nullptr) return false;
  const auto &fields = std::get<Store::Hash>(guard->value);
  const auto run_id = fields.find("run_id");
  return run_id != fields.end() && run_id->second == machine_.run_id();
}

// ---- The truth ----

Millis Instance::blocks_until(const Ledger::Lease &lease) {
  if (forgotten_.count(lease) != 0) return kForever;
  machine_.turn_clock();
  const int64_t end = ledger_.end_of(lease);
  return end == 0 ? 0 : machine_.in_real_time(end);
}

bool Instance::is_excused(const Ledger::Lease &lease) const {
  return !machine_.keeps_time() || taken_away_.count(lease) != 0 || ledger_.was_broken(lease);
}

}  // namespace repolock::sim
