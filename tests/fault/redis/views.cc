// The network is parted: each of the clients reaches other servers, of five.
#include <algorithm>
#include <array>
#include <cstddef>

#include "fault/redis/locker.h"
#include "fault/redis/nemesis.h"

namespace repolock::testing {

namespace {

// Nothing passes between a server and the workers that are parted from it.
template <class IsParted>
void part(const Victims &victims, size_t server, IsParted is_parted) {
  victims.nodes[server]->proxy.set([&](ProxyFaults &faults) {
    bool is_any = false;
    faults.only = {};
    for (size_t worker = 0; worker < victims.workers.size(); ++worker)
      if (is_parted(worker)) {
        faults.only.add(victims.workers[worker]->pid());
        is_any = true;
      }
    faults.requests.stalls = faults.replies.stalls = is_any;
  });
}

// Workers 0 and 1 are after one name, 2 and 3 after another one: they are in different halves.
bool is_in_second_half(size_t worker) {
  return worker % 2 == 1;
}

// Each half has two servers of its own. One server is the bridge.
void bridge(const Victims &victims) {
  constexpr size_t kBridge = 2;
  for (size_t server = 0; server < victims.nodes.size(); ++server)
    part(victims, server, [&](size_t worker) {
      return is_in_second_half(worker) ? server < kBridge : server > kBridge;
    });
  victims.rest(200, 2 * kLeaseTtl);
}

// Each reaches those that begin with its own: no two the same, but for the sixth.
void ring(const Victims &victims) {
  const size_t count = victims.nodes.size(), majority = count / 2 + 1;
  const size_t turn = victims.below(static_cast<uint32_t>(count));
  for (size_t server = 0; server < count; ++server)
    part(victims, server, [&](size_t worker) {
      return (server + count - (worker + turn) % count) % count >= majority;
    });
  victims.rest(200, 2 * kLeaseTtl);
}

// One half is not heard by some servers, and does not hear others.
void one_way(const Victims &victims) {
  const bool is_second = victims.below(2) == 0;
  for (size_t server = 0; server < victims.nodes.size(); ++server) {
    part(victims, server, [&](size_t worker) { return is_in_second_half(worker) == is_second; });
    victims.nodes[server]->proxy.set([&](ProxyFaults &faults) {
      const uint32_t way = victims.below(3);
      faults.requests.stalls = way == 0;
      faults.replies.stalls = way == 1;
    });
  }
  victims.rest(50, 2 * kLeaseTtl);
}

// The servers are lost to some clients one after the other, and come back in another order.
void swizzle(const Victims &victims) {
  std::array<size_t, 5> order = {0, 1, 2, 3, 4};
  std::ranges::shuffle(order, victims.random);
  for (const size_t server : order) {
    part(victims, server, [&](size_t) { return victims.below(2) == 0; });
    victims.rest(10, 150);
  }
  std::ranges::shuffle(order, victims.random);
  for (const size_t server : order) {
    victims.nodes[server]->proxy.heal();
    victims.rest(10, 150);
  }
}

constexpr Fault kViewFaults[] = {
    {.name = "bridge: two halves, with one server in common", .act = bridge, .leaves_quorum = true},
    {.name = "ring: each client reaches another majority", .act = ring, .leaves_quorum = true},
    {.name = "half of the clients not heard by some servers, deaf to others", .act = one_way},
    {.name = "swizzle: servers cut off one by one, healed in another order", .act = swizzle},
};

}  // namespace

const std::span<const Fault> kViews(kViewFaults);

}  // namespace repolock::testing
