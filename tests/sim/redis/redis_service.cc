#include "redis/redis_service.h"

#include <algorithm>

namespace repolock::sim {

using backend::redis::RestartGuard;

namespace {

constexpr char kGuardKey[] = "repolock:guard";

Lua &shared_lua() {
  static Lua lua;
  return lua;
}

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

RedisService::RedisService(Run &run, const RedisParts &parts)
    : run_(run),
      parts_(parts),
      habits_(draw_habits(run.traits, run.random)),
      machine_(std::make_shared<Machine>(run, habits_, shared_lua(), parts.scripts)),
      ledger_(machine_->data()) {
  settings_.address.servers = {backend::redis::Endpoint{"redis", 6379, ""}};
  settings_.max_ttl_ms = kLongestTtl;
  settings_.lock_delay_ms = habits_.lock_delay;
  settings_.answer_ms = std::max<Millis>(1, run.traits.node_timeout - run.traits.node_timeout / 10);
  settings_.restart_guard = habits_.guard;
  settings_.has_durable_writes = habits_.has_durable_writes;
  static constexpr const char *kGuards[] = {"auto", "strict", "off"};
  run.trace.line(run.now(), "lock_delay", habits_.lock_delay, "guard",
                 kGuards[static_cast<int>(habits_.guard)], "answers within", settings_.answer_ms);
}

std::unique_ptr<Link> RedisService::connect(Run &run, Host &client) {
  return std::make_unique<RedisLink>(run, *this, client);
}

std::unique_ptr<WireConnection> RedisService::make_connection(RedisLink &link) {
  return parts_.connection(run_, *this, link);
}

backend::redis::Settings RedisService::settings() const {
  return settings_;
}

void RedisService::add(const std::shared_ptr<Wire> &wire) {
  std::erase_if(wires_, [](const auto &one) { return one.expired(); });
  wires_.push_back(wire);
}

Reply RedisService::execute(Session &session, const Words &words) {
  ++run_.events;
  machine_->turn_clock();
  const ServedScript *script = machine_->server().script_of(words);
  if (script != nullptr) ledger_.before(*script, words);
  Reply reply = machine_->server().run(session, words);
  if (script == nullptr) {
    run_.trace.line(run_.now(), "  redis", words.front());
    return reply;
  }
  const bool was_run = !reply.is_error() || !reply.text.starts_with("NOSCRIPT");
  if (run_.trace.is_on())
    run_.trace.line(run_.now(), "  redis", script->name, told(words), "->", told(reply));
  if (was_run) ledger_.after(reply);
  return reply;
}

// ---- Trouble ----

void RedisService::suffer(Run &run) {
  Random &random = run.random;
  machine_->turn_clock();
  if (random.percent(habits_.stops))
    machine_->stop(random.up_to(random.of<Millis>({50, 3'000, 20'000})));
  if (random.percent(habits_.steps)) machine_->step_clock_somehow();
  if (random.percent(habits_.flushes)) machine_->server().forget_scripts();
  if (random.percent(habits_.breaks)) break_one();
  if (random.percent(habits_.restarts)) restart();
  if (random.one_in(4)) machine_->keep_snapshot();
}

void RedisService::break_one() {
  const auto [repo, lease_id] = any_holder(run_.random);
  if (machine_->is_down() || repo.empty()) return;
  const std::string lock = "repolock:{" + repo + "}";
  const auto guard = machine_->server().data.run({"HMGET", kGuardKey, "run_id", "config"});
  Session session;
  const ServedScript *script = nullptr;
  for (const ServedScript &one : parts_.scripts)
    if (one.name == "break") script = &one;
  execute(session,
          {"EVAL", std::string(script->asked_as), "6", kGuardKey, lock, lock + ":f", lock + ":q",
           lock + ":w", lock + ":r", guard.elements[0].text, guard.elements[1].text, lease_id});
}

void RedisService::restart() {
  const auto before = ledger_.holders();
  const Machine::Fate fate =
      machine_->restart(run_.random.up_to(run_.random.of<Millis>({0, 15'000})));
  for (const auto &one : wires_)
    if (const auto wire = one.lock()) wire->server_closes();
  if (fate == Machine::Fate::kKept) return;
  const bool has_guard = machine_->data().look(kGuardKey) != nullptr;
  const bool is_guarded =
      habits_.guard == RestartGuard::kStrict || (habits_.guard == RestartGuard::kAuto && has_guard);
  for (const auto &lease : before) (is_guarded ? forgotten_ : taken_away_).insert(lease);
  if (is_guarded && !habits_.clock_is_wild) return;
  keeps_fences_ = false;
  ledger_.start_anew(before);
}

void RedisService::rest() {
  machine_->rest();
}

void RedisService::check_rest() {
  for (const RedisLink *link : links_) link->check_answers();
}

void RedisService::check_end() {
  machine_->turn_clock();
  ledger_.check_empty();
}

// ---- The truth ----

Millis RedisService::end_of_lease(const std::string &repo, const std::string &lease_id) const {
  machine_->turn_clock();
  const int64_t end = ledger_.end_of({repo, lease_id});
  return end == 0 ? 0 : machine_->in_real_time(end);
}

bool RedisService::was_taken_away(const std::string &repo, const std::string &lease_id) const {
  return ledger_.was_broken({repo, lease_id}) || taken_away_.count({repo, lease_id}) != 0;
}

bool RedisService::was_forgotten(const std::string &repo, const std::string &lease_id) const {
  return forgotten_.count({repo, lease_id}) != 0;
}

bool RedisService::was_refused(const std::string &repo, const std::string &lease_id) const {
  return ledger_.was_refused({repo, lease_id}) || was_taken_away(repo, lease_id);
}

std::pair<std::string, std::string> RedisService::any_holder(Random &random) const {
  machine_->turn_clock();
  const auto all = ledger_.holders();
  if (all.empty()) return {};
  return random.of(all);
}

Parts redis_world(const RedisParts &parts) {
  Parts world;
  world.traits = draw_redis_traits;
  world.service = [&parts](Run &run) { return std::make_unique<RedisService>(run, parts); };
  return world;
}

}  // namespace repolock::sim
