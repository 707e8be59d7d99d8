#include "traits.h"

#include "core/backend.h"

namespace repolock::sim {

namespace {

uint64_t capabilities(Traits::Kind kind, Random &random) {
  using namespace core;
  uint64_t all = kCanFence;
  for (const uint64_t one : {kCanShare, kCanSeveral, kCanInspect, kCanList, kCanBreak})
    if (!random.one_in(8)) all |= one;
  if (kind != Traits::Kind::kPolled) all |= kCanWait | kCanFifo;
  if (kind == Traits::Kind::kFiles) all |= kCanNeverExpire | kCanCrashRelease | kCanExcludeStrict;
  return all;
}

Chances draw_chances(Traits::Kind kind, Random &random) {
  Chances chances;
  const auto some = [&] { return random.one_in(2) ? 0 : random.of<uint64_t>({1, 5, 20}); };
  const auto often = [&] { return random.one_in(2) ? 0 : random.of<uint64_t>({10, 50}); };
  chances.slow = some();
  chances.refused = some();
  chances.uncertain = some();
  chances.twice = some();
  chances.late = some();
  chances.cut = random.one_in(4) ? 1 : 0;
  chances.pause = often();
  chances.step_forward = often();
  chances.step_back = often();
  chances.taken_away = often();
  if (kind == Traits::Kind::kFiles) return chances;
  chances.lost = some();
  chances.unheard = some();
  chances.outage = often();
  chances.data_lost = often();
  return chances;
}

}  // namespace

Traits draw_traits(Random &random) {
  using Kind = Traits::Kind;
  Traits traits;
  traits.kind = random.of({Kind::kQueue, Kind::kQueue, Kind::kPolled, Kind::kFiles});
  traits.capabilities = capabilities(traits.kind, random);
  traits.wakes = random.one_in(2);
  traits.clients = 2 + random.below(3);
  traits.names = 1 + random.below(3);
  traits.node_timeout = random.of<Millis>({200, 2'000, 2'000, 2'000, 15'000});
  traits.heartbeat = random.one_in(3) ? random.of<Millis>({500, 5000}) : kForever;
  traits.calm = random.one_in(5);
  if (traits.calm)
    traits.shortest_ttl = 300;
  else
    traits.chances = draw_chances(traits.kind, random);
  return traits;
}

const char *kind_name(Traits::Kind kind) {
  switch (kind) {
    case Traits::Kind::kQueue:
      return "queue";
    case Traits::Kind::kPolled:
      return "polled";
    case Traits::Kind::kFiles:
      return "files";
    case Traits::Kind::kRedis:
      return "redis";
  }
  return "";
}

}  // namespace repolock::sim
