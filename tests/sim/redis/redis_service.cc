#include "redis/redis_service.h"

#include <algorithm>
#include <array>
#include <functional>

#include "backend/redis/options.h"

namespace repolock::sim {

using backend::redis::RestartGuard;

namespace {

constexpr std::array<const char *, 3> kGuards = {"auto", "strict", "off"};

Lua &shared_lua() {
  static Lua lua;
  return lua;
}

// As a user would write it.
std::string url_of(Topology topology, size_t servers) {
  std::string url = topology == Topology::kQuorum ? "redis+quorum://" : "redis://";
  for (size_t number = 1; number <= servers; ++number)
    url += (number > 1 ? ",redis-" : "redis-") + std::to_string(number);
  return url;
}

backend::redis::Settings settings_of(Topology topology, const Habits &habits,
                                     const Traits &traits) {
  const std::string url = url_of(topology, habits.servers.size());
  constexpr std::array kKeys = {"redis.restart_guard", "redis.durability", "redis.quorum"};
  const std::array values = {kGuards[static_cast<size_t>(habits.guard)],
                             habits.has_durable_writes ? "aof_always" : "none",
                             habits.quorum.c_str()};
  auto settings = backend::redis::read_settings({sizeof(repolock_open_params_t), url.c_str(),
                                                 kKeys.data(), values.data(), kKeys.size(),
                                                 kLongestTtl, traits.node_timeout});
  auto read = std::get<backend::redis::Settings>(std::move(settings));
  read.lock_delay_ms = habits.lock_delay;
  return read;
}

}  // namespace

RedisService::RedisService(Run &run, const RedisParts &parts)
    : run_(run),
      parts_(parts),
      habits_(draw_habits(parts.topology, run.traits, run.random)),
      settings_(settings_of(parts.topology, habits_, run.traits)),
      quorum_(settings_.quorum),
      walls_(run) {
  for (size_t number = 1; number <= habits_.servers.size(); ++number)
    servers_.push_back(
        std::make_shared<Instance>(run, habits_, number, shared_lua(), parts.scripts));
  run.trace.line(run.now(), url_of(parts.topology, servers_.size()), "quorum", quorum_,
                 "lock_delay", habits_.lock_delay, "guard",
                 kGuards[static_cast<size_t>(habits_.guard)], "answers within",
                 settings_.answer_ms);
  parts.change(&settings_);
}

std::unique_ptr<Link> RedisService::connect(Run &run, Host &client) {
  return std::make_unique<RedisLink>(run, *this, client);
}

std::unique_ptr<WireConnection> RedisService::make_connection(
    RedisLink &link, const backend::redis::Endpoint &server) {
  const auto found = std::ranges::find(servers_, server.host, &Instance::name);
  return parts_.connection(run_, *this, link, *found);
}

// ---- Trouble ----

void RedisService::suffer(Run &run) {
  Random &random = run.random;
  if (random.percent(habits_.stops))
    for (const auto &server : some_of_them())
      server->machine().stop(random.up_to(random.of<Millis>({50, 3'000, 20'000})));
  if (random.percent(habits_.steps))
    for (const auto &server : some_of_them()) server->machine().step_clock_somehow();
  if (random.percent(habits_.flushes))
    for (const auto &server : some_of_them()) server->machine().server().forget_scripts();
  if (random.percent(habits_.breaks))
    if (const auto lease = any_holder(random); !lease.first.empty())
      for (const auto &server : some_of_them()) server->break_lease(lease);
  if (random.percent(habits_.walls)) build_wall();
  if (random.percent(habits_.restarts)) restart_some();
  for (const auto &server : servers_)
    if (random.one_in(4)) server->machine().keep_snapshot();
}

// One, a minority, or any number.
RedisService::Servers RedisService::some_of_them() const {
  Random &random = run_.random;
  const size_t all = servers_.size();
  size_t count = random.of({size_t{1}, std::max<size_t>(1, all - quorum_), 1 + random.below(all)});
  Servers some;
  for (size_t at = 0; at < all && count > 0; ++at)
    if (random.below(all - at) < count) {
      some.push_back(servers_[at]);
      --count;
    }
  return some;
}

void RedisService::build_wall() {
  std::vector<std::string> names;
  for (const auto &server : some_of_them()) names.push_back(server->name());
  const bool for_all = links_.empty() || run_.random.one_in(3);
  const auto link = std::next(
      links_.begin(), for_all ? 0 : static_cast<std::ptrdiff_t>(run_.random.below(links_.size())));
  walls_.build(for_all ? std::string() : (*link)->client(), names);
}

// A first use is one where nobody has a guard: then all are let in at once, but by `strict`.
void RedisService::restart_some() {
  Servers losing;
  for (const auto &server : some_of_them())
    if (server->restart()) losing.push_back(server);
  if (losing.empty()) return;
  const bool is_first_use = std::ranges::none_of(servers_, &Instance::has_guard);
  const bool is_open = habits_.guard == RestartGuard::kAuto && is_first_use;
  for (const auto &server : is_open ? servers_ : losing)
    if (is_open || habits_.guard == RestartGuard::kOff)
      server->lost();
    else
      server->lost_under_guard();
}

void RedisService::rest() {
  walls_.tear_down();
  for (const auto &server : servers_) server->machine().rest();
}

void RedisService::check_rest() {
  for (const RedisLink *link : links_) link->check_answers();
}

void RedisService::check_end() {
  for (const auto &server : servers_) {
    server->machine().turn_clock();
    server->ledger().check_empty();
  }
}

// ---- The truth ----

// Two quorums have 2q - N servers in common, of which one has to keep to the rules.
template <class Lies>
bool RedisService::are_too_many(Lies lies) const {
  return std::ranges::count_if(servers_, lies) >=
         static_cast<std::ptrdiff_t>(2 * quorum_ - servers_.size());
}

// Until so few servers are in the way that the others are a quorum.
Millis RedisService::end_of_lease(const std::string &repo, const std::string &lease_id) const {
  const Ledger::Lease lease = {repo, lease_id};
  std::vector<Millis> ends;
  for (const auto &server : servers_)
    ends.push_back(server->is_excused(lease) ? kForever : server->blocks_until(lease));
  std::ranges::sort(ends);
  return ends[servers_.size() - quorum_];
}

bool RedisService::was_taken_away(const std::string &repo, const std::string &lease_id) const {
  return are_too_many([&](const auto &server) { return server->is_excused({repo, lease_id}); });
}

bool RedisService::was_refused(const std::string &repo, const std::string &lease_id) const {
  return std::ranges::any_of(servers_, [&](const auto &server) {
    return server->ledger().was_refused({repo, lease_id}) || server->is_excused({repo, lease_id});
  });
}

bool RedisService::keeps_time() const {
  return !are_too_many([](const auto &server) { return !server->machine().keeps_time(); });
}

bool RedisService::keeps_fences() const {
  return !are_too_many([](const auto &server) { return !server->keeps_fences(); });
}

std::pair<std::string, std::string> RedisService::any_holder(Random &random) const {
  std::vector<Ledger::Lease> all;
  for (const auto &server : servers_) {
    server->machine().turn_clock();
    std::ranges::copy(server->ledger().holders(), std::back_inserter(all));
  }
  if (all.empty()) return {};
  return random.of(all);
}

Parts redis_world(const RedisParts &parts) {
  Parts world;
  world.traits = [&parts](Random &random) { return draw_redis_traits(parts.topology, random); };
  world.service = [&parts](Run &run) { return std::make_unique<RedisService>(run, parts); };
  return world;
}

}  // namespace repolock::sim
