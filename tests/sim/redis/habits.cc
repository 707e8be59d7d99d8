#include "redis/habits.h"

#include "core/backend.h"

namespace repolock::sim {

using backend::redis::RestartGuard;

namespace {

uint64_t some(Random &random) {
  return random.one_in(2) ? 0 : random.of<uint64_t>({1, 3, 10});
}

uint64_t often(Random &random) {
  return random.one_in(2) ? 0 : random.of<uint64_t>({10, 50});
}

// Clocks of a quorum need not agree; but fences after a loss of data rest on it that no other clock is
// ahead by more than the guard's wait. What rates add in a run is counted in.
void draw_clocks(const Traits &traits, Random &random, Habits *habits) {
  constexpr Millis kApart = 3'000, kFarApart = 3'600'000;
  const bool some_are_wild = !traits.calm && random.one_in(8);
  for (ServerHabits &server : habits->servers) {
    const bool is_first = &server == &habits->servers.front();
    const bool is_only = habits->servers.size() == 1;
    server.clock_is_wild = some_are_wild && (is_only || random.one_in(2));
    if (!traits.calm) server.clock_rate_ppm = random.of<int64_t>({0, 0, -10'000, 10'000, 3'000});
    if (!is_first)
      server.clock_ahead =
          random.up_to(server.clock_is_wild ? kFarApart : random.of<Millis>({0, 20, kApart}));
  }
}

}  // namespace

Traits draw_redis_traits(Topology topology, Random &random) {
  using namespace core;
  Traits traits;
  traits.kind = Traits::Kind::kRedis;
  traits.capabilities = kCanFifo | kCanFence | kCanInspect | kCanList | kCanBreak | kCanWait;
  if (topology == Topology::kOneServer) traits.capabilities |= kCanShare | kCanSeveral;
  traits.clients = 2 + random.below(3);
  traits.names = 1 + random.below(3);
  traits.node_timeout = random.of<Millis>({200, 2'000, 2'000, 2'000, 15'000});
  traits.heartbeat = random.one_in(3) ? random.of<Millis>({500, 5000}) : kForever;
  traits.calm = random.one_in(6);
  if (traits.calm) {
    // What several servers granted one after another may be older than the first by a third of the ttl
    // and half a second, when it is enough.
    traits.shortest_ttl = topology == Topology::kQuorum ? 3'000 : 300;
    return traits;
  }
  Chances &chances = traits.chances;
  chances.late = random.one_in(2) ? 0 : random.of<uint64_t>({1, 5, 20});
  chances.cut = random.one_in(4) ? 1 : 0;
  chances.pause = often(random);
  chances.step_forward = often(random);
  chances.step_back = random.one_in(4) ? often(random) : 0;
  chances.outage = often(random);
  return traits;
}

Habits draw_habits(Topology topology, const Traits &traits, Random &random) {
  using Restart = Habits::Restart;
  Habits habits;
  const bool is_quorum = topology == Topology::kQuorum;
  const size_t servers = is_quorum ? random.of<size_t>({1, 2, 3, 3, 3, 4, 5, 5}) : 1;
  habits.servers.resize(servers);
  if (is_quorum && random.one_in(4))
    habits.quorum = std::to_string(servers / 2 + 1 + random.below(servers - servers / 2));
  habits.lock_delay = random.of<Millis>({100, 1'000, 1'000, 5'000});
  habits.guard = random.of({RestartGuard::kAuto, RestartGuard::kAuto, RestartGuard::kStrict,
                            RestartGuard::kStrict, RestartGuard::kOff});
  for (ServerHabits &server : habits.servers) {
    server.denies_publish = random.one_in(8);
    server.denies_subscribe = random.one_in(8);
  }
  draw_clocks(traits, random, &habits);
  if (traits.calm) return habits;
  habits.restart = random.of({Restart::kNever, Restart::kKeeps, Restart::kForgets,
                              Restart::kGoesBack, Restart::kAnyOfThese});
  habits.has_durable_writes = habits.restart == Restart::kKeeps && random.one_in(2);
  habits.cut = some(random);
  habits.slow = some(random);
  habits.twice = some(random);
  habits.unheard = some(random);
  habits.restarts = habits.restart == Restart::kNever ? 0 : random.of<uint64_t>({10, 30});
  habits.stops = often(random);
  habits.steps = often(random);
  habits.flushes = often(random);
  habits.breaks = often(random);
  habits.walls = often(random);
  return habits;
}

}  // namespace repolock::sim
