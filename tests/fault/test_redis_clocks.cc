// Clocks of redis-servers step by more than a lease tolerates or run at a wrong rate, and those of a
// client: fences grow whatever they do, a server whose clock went back gives the lock on, and a client that
// slept knows it.
#include <atomic>
#include <string>

#include "fault/clocks.h"
#include "fault/redis/on_nodes.h"
#include "fault/redis/played_rows.h"
#include "fault/row.h"
#include "support/shared.h"

#include "support/cmocka.h"
#include "support/run_on_redis.h"

namespace {

using namespace repolock::testing;

constexpr int64_t kHourMs = 3'600'000;

// Beyond the model: exclusion may break until the holder's next renewal, which is counted; fences may
// not.
void steps_forward(size_t servers, size_t killed, size_t stepped, const char *fault) {
  row row = begin_row(fault, 2);
  uint64_t two_held = 0;
  while (again(&row)) {
    Nodes nodes(servers);
    const Client client = open_on(nodes, 20'000), other = open_on(nodes, 20'000);
    MUST(&row, unlock(lock(client, "other/name")));
    MUST(&row, unlock(lock(other, "other/name")));
    for (size_t i = 0; i < killed; ++i) nodes[i]->server.kill();
    const Lease lease = lock(client, kRepo);
    if (!MUST(&row, lease != nullptr)) break;
    for (size_t i = killed; i < killed + stepped; ++i) nodes[i]->clock.set(30'000);
    // It may be kept by its renewals, and then ends here.
    Lease next;
    const auto status = try_lock(other, kRepo, &next);
    if (status == REPOLOCK_OK && is_held(lease)) ++two_held;
    if (next == nullptr) {
      repolock_release(lease.get());
      next = lock(other, kRepo);
    }
    if (!MUST(&row, next != nullptr)) break;
    MUST(&row, fence_of(next) > fence_of(lease));
    MUST(&row, comes_true([&] { return !is_held(lease); }));
  }
  assert_true(end_row(&row, "beyond the model; two held, until the next renewal, in %llu runs",
                      static_cast<unsigned long long>(two_held)));
}

void one_of_a_bare_quorum_steps_forward(void **) {
  steps_forward(3, 1, 1, "clock +30 s of one server, another one is away; three servers");
}
void all_step_forward(void **) {
  steps_forward(1, 0, 1, "clock +30 s of the server; one server");
  steps_forward(3, 0, 3, "clocks +30 s of all servers; three servers");
}

// The holder reaches two of three servers, and needs both of them; the other client reaches all.
uint64_t a_server_that_is_needed_steps(int64_t ms, const char *fault, const char *figures) {
  row row = begin_row(fault, 2);
  uint64_t two_held = 0;
  while (again(&row)) {
    Nodes nodes(3);
    const Shared<std::atomic<uint64_t>> fence;
    const Client other = open_on(nodes, 20'000);
    MUST(&row, unlock(lock(other, "other/name")));
    Child holder([&](Child &test) {
      test.hear();
      const Client client = open_on(nodes, 20'000);
      const Lease lease = lock(client, kRepo);
      if (lease == nullptr) return 1;
      *fence = fence_of(lease);
      test.say('h');
      test.hear();
      test.say(is_held(lease) ? 'y' : 'n');
      return 0;
    });
    nodes[0]->proxy.set([&](ProxyFaults &faults) {
      faults.only = {holder.pid()};
      faults.requests.stalls = faults.replies.stalls = true;
    });
    holder.say('g');
    if (!MUST(&row, holder.hear() == 'h')) break;
    nodes[1]->clock.set(ms);
    Lease next;
    const auto status = try_lock(other, kRepo, &next);
    holder.say('?');
    if (holder.hear() == 'y' && status == REPOLOCK_OK) ++two_held;
    MUST(&row, holder.wait() == 0);
    if (next == nullptr) next = lock(other, kRepo);
    if (MUST(&row, next != nullptr)) MUST(&row, fence_of(next) > *fence);
  }
  assert_true(end_row(&row, figures, static_cast<unsigned long long>(two_held)));
  return two_held;
}

void what_lock_delay_covers_gives_nothing_twice(void **) {
  const uint64_t within = a_server_that_is_needed_steps(
      900, "clock +0.9 s of one of the two servers of a lease that has no third",
      "within lock_delay; two held in %llu runs");
  assert_true(within == 0);
  const uint64_t beyond = a_server_that_is_needed_steps(
      30'000, "clock +30 s of one of the two servers of a lease that has no third",
      "beyond the model; two held in %llu runs");
  if (is_for_the_table()) assert_true(beyond > 0);
}

void clocks_of_servers_run_fast(void **) {
  for (const size_t servers : server_counts()) {
    play_rows(kServerRates, servers);
    if (is_for_the_table()) play_control(kServerRates, servers);
  }
}

void play_with_clients_at(int64_t rate, const Fault &fault) {
  for (const size_t servers : server_counts()) {
    Clocks clocks;
    clocks.run_boottime_at(rate);
    play_rows({&fault, 1}, servers);
  }
}
void clocks_of_clients_run_at_a_wrong_rate(void **) {
  play_with_clients_at(1500, kFastClients);
  if (is_for_the_table()) play_with_clients_at(200, kSlowClients);
}

// A lease of a dead client would last for a minute more by that clock.
void a_clock_that_went_back_pins_nothing(void **) {
  row row = begin_row("clock -60 s while a dead client has the lock; one server", 1);
  int64_t longest_ms = 0;
  while (again(&row)) {
    Nodes nodes(1);
    uint64_t fence = 0;
    {
      const Client dies = open_on(nodes, 20'000);
      const Lease lease = lock(dies, kRepo);
      if (!MUST(&row, lease != nullptr)) break;
      fence = fence_of(lease);
    }
    nodes.front()->clock.set(-60'000);
    const int64_t began = now_ns();
    const Client client = open_on(nodes, 30'000);
    const Lease next = lock(client, kRepo);
    if (MUST(&row, next != nullptr)) MUST(&row, fence_of(next) > fence);
    longest_ms = std::max(longest_ms, (now_ns() - began) / 1'000'000);
  }
  assert_true(end_row(&row, "obtained after %lld ms", static_cast<long long>(longest_ms)));
}

void a_client_that_slept_knows_at_once(void **) {
  row row = begin_row("CLOCK_BOOTTIME of a client +1 h, redis:", 3);
  while (again(&row)) {
    Clocks clocks;
    Nodes nodes(1);
    const Client client = open_on(nodes, 20'000);
    const Lease lease = lock(client, kRepo);
    if (!MUST(&row, lease != nullptr)) break;
    clocks->boottime += kHourMs;
    MUST(&row, repolock_lease_status(lease.get()) == REPOLOCK_E_LOST);
    MUST(&row, repolock_lease_remaining_ms(lease.get()) == 0);
    MUST(&row, repolock_release(lease.get()) == REPOLOCK_E_LOST);
  }
  assert_true(end_row(&row, "its first call says lost"));
}

void by_its_wall_clock_a_client_loses_nothing(void **) {
  row row = begin_row("CLOCK_REALTIME of a client +1 h and -1 h, redis:", 2);
  while (again(&row)) {
    Clocks clocks;
    Nodes nodes(1);
    const Client client = open_on(nodes, 20'000);
    const Lease lease = lock(client, kRepo);
    if (!MUST(&row, lease != nullptr)) break;
    clocks->realtime = row.runs % 2 == 0 ? kHourMs : -kHourMs;
    MUST(&row, repolock_extend(lease.get(), kLeaseTtl) == REPOLOCK_OK);
    Lease next = lock(client, "other/name");
    MUST(&row, next != nullptr && unlock(std::move(next)));
    MUST(&row, repolock_release(lease.get()) == REPOLOCK_OK);
  }
  assert_true(end_row(&row, "renewed and released as if nothing was"));
}

}  // namespace

int main(int, char **argv) {
  Clocks::install(CLOCK_SHIM, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test(one_of_a_bare_quorum_steps_forward),
      cmocka_unit_test(all_step_forward),
      cmocka_unit_test(what_lock_delay_covers_gives_nothing_twice),
      cmocka_unit_test(clocks_of_servers_run_fast),
      cmocka_unit_test(clocks_of_clients_run_at_a_wrong_rate),
      cmocka_unit_test(a_clock_that_went_back_pins_nothing),
      cmocka_unit_test(a_client_that_slept_knows_at_once),
      cmocka_unit_test(by_its_wall_clock_a_client_loses_nothing),
  };
  return run_on_redis(tests);
}
