#include "redis/habits.h"

#include "core/backend.h"

namespace repolock::sim {

using backend::redis::RestartGuard;

Traits draw_redis_traits(Random &random) {
  using namespace core;
  Traits traits;
  traits.kind = Traits::Kind::kRedis;
  traits.capabilities = kCanFifo | kCanFence | kCanShare | kCanSeveral | kCanInspect | kCanList |
                        kCanBreak | kCanWait;
  traits.clients = 2 + random.below(3);
  traits.names = 1 + random.below(3);
  traits.node_timeout = random.of<Millis>({200, 2'000, 2'000, 2'000, 15'000});
  traits.heartbeat = random.one_in(3) ? random.of<Millis>({500, 5000}) : kForever;
  traits.calm = random.one_in(6);
  if (traits.calm) {
    traits.shortest_ttl = 300;
    return traits;
  }
  const auto some = [&] { return random.one_in(2) ? 0 : random.of<uint64_t>({1, 5, 20}); };
  const auto often = [&] { return random.one_in(2) ? 0 : random.of<uint64_t>({10, 50}); };
  Chances &chances = traits.chances;
  chances.late = some();
  chances.cut = random.one_in(4) ? 1 : 0;
  chances.pause = often();
  chances.step_forward = often();
  chances.step_back = random.one_in(4) ? often() : 0;
  chances.outage = often();
  return traits;
}

Habits draw_habits(const Traits &traits, Random &random) {
  using Restart = Habits::Restart;
  Habits habits;
  habits.lock_delay = random.of<Millis>({100, 1'000, 1'000, 5'000});
  habits.guard = random.of({RestartGuard::kAuto, RestartGuard::kAuto, RestartGuard::kStrict,
                            RestartGuard::kStrict, RestartGuard::kOff});
  habits.denies_publish = random.one_in(8);
  habits.denies_subscribe = random.one_in(8);
  if (traits.calm) return habits;
  const auto some = [&] { return random.one_in(2) ? 0 : random.of<uint64_t>({1, 3, 10}); };
  const auto often = [&] { return random.one_in(2) ? 0 : random.of<uint64_t>({10, 50}); };
  habits.restart = random.of({Restart::kNever, Restart::kKeeps, Restart::kForgets,
                              Restart::kGoesBack, Restart::kAnyOfThese});
  habits.has_durable_writes = habits.restart == Restart::kKeeps && random.one_in(2);
  habits.clock_is_wild = random.one_in(8);
  habits.clock_rate_ppm = random.of<int64_t>({0, 0, -10'000, 10'000, 3'000});
  habits.cut = some();
  habits.slow = some();
  habits.restarts = habits.restart == Restart::kNever ? 0 : random.of<uint64_t>({10, 30});
  habits.stops = often();
  habits.steps = often();
  habits.flushes = often();
  habits.breaks = often();
  return habits;
}

}  // namespace repolock::sim
