// What was said to a server comes again when its lease is over, or late when nobody waits for it any
// more: it takes nothing from anybody, and leaves nothing behind.
#include <unistd.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "fault/redis/on_nodes.h"
#include "fault/redis/said.h"
#include "fault/row.h"

#include "support/cmocka.h"
#include "support/run_on_redis.h"

namespace {

using namespace repolock::testing;

// ---- Again ----

// All scripts that a lease, a renewal and a release had run, by node.
std::vector<std::vector<Words>> one_life(Nodes &nodes, row *row, uint64_t *fence) {
  for (const auto &node : nodes)
    node->proxy.set([](ProxyFaults &faults) { faults.records = true; });
  const Client client = open_on(nodes, -1);
  Lease lease = lock(client, kRepo);
  if (!MUST(row, lease != nullptr)) return {};
  *fence = fence_of(lease);
  MUST(row, comes_true([&] { return lock_count(nodes) == static_cast<int64_t>(nodes.size()); }));
  MUST(row, repolock_extend(lease.get(), kLeaseTtl) == REPOLOCK_OK);
  MUST(row, unlock(std::move(lease)));
  MUST(row, comes_true([&] { return lock_count(nodes) == 0; }));
  std::vector<std::vector<Words>> said;
  for (const auto &node : nodes) said.push_back(scripts_on(kLockKey, node->proxy.said()));
  for (const auto &node : nodes)
    node->proxy.set([](ProxyFaults &faults) { faults.records = false; });
  return said;
}

void is_said_again(size_t servers, const char *fault) {
  row row = begin_row(fault, 1);
  std::minstd_rand random(fault_seed());
  uint64_t requests = 0;
  while (again(&row)) {
    Nodes nodes(servers);
    uint64_t fence = 0;
    auto said = one_life(nodes, &row, &fence);
    if (!MUST(&row, said.size() == servers && said[0].size() >= 3)) break;
    // While nobody has it: at most a lease of nobody's, until it runs out.
    for (size_t i = 0; i < servers; ++i)
      for (const Words &words : said[i]) nodes[i]->text(words);
    const Client client = open_on(nodes, 20'000);
    const Lease lease = lock(client, kRepo);
    if (!MUST(&row, lease != nullptr)) break;
    MUST(&row, fence_of(lease) > fence);
    MUST(&row, comes_true([&] { return lock_count(nodes) == static_cast<int64_t>(servers); }));
    // While another one has it.
    for (size_t i = 0; i < servers; ++i) {
      std::ranges::shuffle(said[i], random);
      const std::string holder = nodes[i]->text({"GET", kLockKey});
      const std::string stored = nodes[i]->text({"GET", kFenceKey});
      for (const Words &words : said[i]) {
        nodes[i]->text(words);
        ++requests;
        MUST(&row, nodes[i]->text({"GET", kLockKey}) == holder);
        MUST(&row, nodes[i]->text({"GET", kFenceKey}) == stored);
      }
    }
    MUST(&row, repolock_extend(lease.get(), kLeaseTtl) == REPOLOCK_OK);
    MUST(&row, is_held(lease));
  }
  assert_true(end_row(&row, "%llu requests: ACQ, HOLD and REL, in any order",
                      static_cast<unsigned long long>(requests)));
}

void one_server_is_told_again(void **) {
  is_said_again(1, "every request of a lease that is over comes again; one server");
}
void three_servers_are_told_again(void **) {
  is_said_again(3, "every request of a lease that is over comes again; three servers");
}

// ---- Late ----

struct Delay {
  const char *fault;
  size_t servers;
  void (*begin)(Node &node);
  void (*end)(Node &node);
};

void stop(Node &node) {
  node.server.stop();
}
void resume(Node &node) {
  node.server.resume();
}
void stall(Node &node) {
  node.proxy.set([](ProxyFaults &faults) { faults.requests.stalls = true; });
}
void heal(Node &node) {
  node.proxy.heal();
}

int64_t clients_of(const Node &node) {
  const std::string list = node.text({"CLIENT", "LIST"});
  return std::ranges::count(list, '\n');
}

// The client has given up, and is gone, when its request is carried out.
void is_carried_out_late(const Delay &delay) {
  constexpr useconds_t kDeadlineUs = 500'000;  // beyond that of any message
  row row = begin_row(delay.fault, 1);
  while (again(&row)) {
    Nodes nodes(delay.servers);
    uint64_t fence = 0;
    {
      const Client client = open_on(nodes, 200);
      Lease first = lock(client, kRepo);
      if (!MUST(&row, first != nullptr)) break;
      fence = fence_of(first);
      MUST(&row, unlock(std::move(first)));
      MUST(&row, comes_true([&] { return lock_count(nodes) == 0; }));
      for (const auto &node : nodes) delay.begin(*node);
      MUST(&row, lock(client, kRepo) == nullptr);
    }
    usleep(kDeadlineUs);
    for (const auto &node : nodes) delay.end(*node);
    // The gone client's connections end behind what they brought.
    for (const auto &node : nodes) MUST(&row, comes_true([&] { return clients_of(*node) == 1; }));
    MUST(&row, lock_count(nodes) == 0);
    const Client other = open_on(nodes, 20'000);
    const Lease next = lock(other, kRepo);
    if (MUST(&row, next != nullptr)) MUST(&row, fence_of(next) > fence);
  }
  assert_true(end_row(&row, "the late request changes nothing"));
}

void the_server_was_stopped(void **) {
  is_carried_out_late(
      {"SIGSTOP of a server; the request comes when its client is gone", 1, stop, resume});
  is_carried_out_late(
      {"SIGSTOP of three servers; the request comes when its client is gone", 3, stop, resume});
}
void the_network_was_slow(void **) {
  is_carried_out_late(
      {"a request late on its way, its client is gone; one server", 1, stall, heal});
  is_carried_out_late(
      {"a request late on its way, its client is gone; three servers", 3, stall, heal});
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(one_server_is_told_again),
      cmocka_unit_test(three_servers_are_told_again),
      cmocka_unit_test(the_server_was_stopped),
      cmocka_unit_test(the_network_was_slow),
  };
  return run_on_redis(tests);
}
