// Clocks step: the one that leases are counted by, as after a sleep of the machine, and those by
// which nothing may be counted. Nobody is told that he holds what another one has; fences never go
// back.
#include <memory>
#include <random>

#include "fault/clocks.h"
#include "fault/scene.h"
#include "fault/witness.h"

#include "support/cmocka.h"

namespace {

using namespace repolock::testing;

constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kPatienceMs = 20'000;

Lease lock_for(const Client &client, int64_t ttl_ms) {
  const Request request(repolock_request_new());
  repolock_request_set_ttl(request.get(), ttl_ms);
  return take(start_lock(client, Scene::kRepo, request));
}

bool is_held(const Lease &lease) {
  return repolock_lease_status(lease.get()) == REPOLOCK_OK;
}

// ---- memory: leases have an end by CLOCK_BOOTTIME -----------------------------------------------

void step(Clocks &clocks, std::minstd_rand &random) {
  const int64_t range = random() % 2 == 0 ? 200 : 2 * kHourMs;
  const int64_t by = static_cast<int64_t>(random() % static_cast<uint32_t>(range));
  switch (random() % 3) {
    case 0:  // the machine slept
      clocks->boottime += by;
      clocks->realtime += by;
      return;
    case 1:  // somebody has set the clock
      clocks->realtime += random() % 2 == 0 ? by : -by;
      return;
    default:  // a virtual machine was stopped, and all of its clocks were set right
      clocks->boottime += by;
      clocks->monotonic += by;
      clocks->realtime += by;
  }
}

// Two clients take turns; in each turn the clocks step while one holds and the other waits.
void in_memory_never_two_hold(void **) {
  Clocks clocks;
  std::minstd_rand random(fault_seed());
  const Client clients[] = {open_client("memory:clocks"), open_client("memory:clocks")};
  row row = begin_row("clocks step at random, memory:", 200);
  // Who has never had an answer gives up when the clock says that it is time.
  for (const Client &client : clients) unlock(lock(client, "other/name"));
  Lease holder = lock_for(clients[0], 30'000);
  uint64_t lost = 0;
  while (again(&row)) {
    const uint64_t fence = fence_of(holder);
    const Op op = start_lock(clients[row.runs % 2], Scene::kRepo);
    Witness witness(op, holder);
    step(clocks, random);
    if (is_held(holder)) {
      const auto released = repolock_release(holder.get());
      MUST(&row, released == REPOLOCK_OK || released == REPOLOCK_E_LOST);
    } else {
      ++lost;
    }
    if (!MUST(&row, repolock_op_wait(op.get(), kPatienceMs) == REPOLOCK_OK)) break;
    MUST(&row, !witness.saw_two());
    Lease next = take(op);
    MUST(&row, fence_of(next) > fence);
    holder = std::move(next);
  }
  assert_true(end_row(&row, "%llu leases lost by it, seed %u",
                      static_cast<unsigned long long>(lost), fault_seed()));
}

void after_a_sleep_the_first_call_knows(void **) {
  row row = begin_row("CLOCK_BOOTTIME +1 h, memory:", 20);
  while (again(&row)) {
    Clocks clocks;
    const Client client = open_client("memory:sleep");
    const Lease lease = lock_for(client, 30'000);
    MUST(&row, is_held(lease));
    clocks->boottime += kHourMs;
    MUST(&row, repolock_lease_status(lease.get()) == REPOLOCK_E_LOST);
    MUST(&row, repolock_lease_remaining_ms(lease.get()) == 0);
    MUST(&row, repolock_release(lease.get()) == REPOLOCK_E_LOST);
  }
  assert_true(end_row(&row, "ttl 30 s"));
}

void by_no_other_clock_a_lease_ends(void **) {
  row row = begin_row("CLOCK_REALTIME steps and strobes, memory:", 1);
  while (again(&row)) {
    Clocks clocks;
    std::minstd_rand random(fault_seed());
    const Client client = open_client("memory:strobe");
    const Lease lease = lock_for(client, 3000);
    for (int i = 0; i < 400; ++i, usleep(10'000)) {
      clocks->realtime = i % 10 == 0 ? 100 * kHourMs : static_cast<int64_t>(random() % 400) - 200;
      if (!MUST(&row, is_held(lease))) break;
    }
    MUST(&row, repolock_release(lease.get()) == REPOLOCK_OK);
  }
  assert_true(end_row(&row, "400 steps in 4 s, ttl 3 s"));
}

// ---- file: the kernel holds the locks, and no clock has a say -----------------------------------

void a_file_is_held_on(void **) {
  row row = begin_row("CLOCK_BOOTTIME +1 h, file:", 20);
  while (again(&row)) {
    Clocks clocks;
    const Scene scene;
    const auto holder = scene.holder();
    MUST(&row, holds(*holder));
    const auto patient = scene.holder();
    MUST(&row, patient->hear() == 'w');
    // Its wait is over when it wakes up; the lock is not.
    const auto other = scene.process([](Child &test, const Client &client) {
      const Request request(repolock_request_new());
      repolock_request_set_wait(request.get(), 60'000);
      const Op op = start_lock(client, Scene::kRepo, request);
      if (stands_in_queue(client, op)) test.say('w');
      return repolock_op_wait(op.get(), kPatienceMs) == REPOLOCK_E_TIMEOUT ? 0 : 1;
    });
    MUST(&row, other->hear() == 'w');
    clocks->boottime += kHourMs;
    MUST(&row, other->wait() == 0);
    MUST(&row, !patient->has_said());
    MUST(&row, lets_go(*holder));
    MUST(&row, patient->hear() == 'h');
    MUST(&row, lets_go(*patient));
    MUST(&row, scene.is_well());
  }
  assert_true(end_row(&row, "a holder, one who waits for ever, one who waits for 60 s"));
}

void a_file_is_let_go_at_its_max_hold(void **) {
  row row = begin_row("CLOCK_BOOTTIME +1 h beyond max_hold, file:", 20);
  while (again(&row)) {
    Clocks clocks;
    const Scene scene;
    const Client client = open_client(scene.directory.url(), {{"max_hold_ms", "1800000"}});
    const Lease lease = lock_for(client, 30'000);
    const Client other = open_client(scene.directory.url());
    const Op op = start_lock(other, Scene::kRepo);
    Witness witness(op, lease);
    MUST(&row, stands_in_queue(other, op));
    MUST(&row, is_held(lease));
    clocks->boottime += kHourMs;
    MUST(&row, repolock_lease_status(lease.get()) == REPOLOCK_E_LOST);
    if (!MUST(&row, repolock_op_wait(op.get(), kPatienceMs) == REPOLOCK_OK)) break;
    MUST(&row, !witness.saw_two());
  }
  assert_true(end_row(&row, "max_hold 30 min"));
}

void fences_of_a_file_grow_at_any_time_of_day(void **) {
  constexpr int64_t kYearMs = int64_t{365} * 24 * kHourMs;
  Clocks clocks;
  const Scene scene;
  std::minstd_rand random(fault_seed());
  row row = begin_row("CLOCK_REALTIME between 1970 and 2170, file:", 100);
  while (again(&row)) {
    const int64_t years = static_cast<int64_t>(random() % 200) - 56;
    clocks->realtime = years * kYearMs + static_cast<int64_t>(random());
    MUST(&row, goes_on(scene));
  }
  assert_true(end_row(&row, "seed %u", fault_seed()));
}

}  // namespace

int main(int, char **argv) {
  Clocks::install(CLOCK_SHIM, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_file_is_held_on),
      cmocka_unit_test(fences_of_a_file_grow_at_any_time_of_day),
      cmocka_unit_test(a_file_is_let_go_at_its_max_hold),
      cmocka_unit_test(after_a_sleep_the_first_call_knows),
      cmocka_unit_test(in_memory_never_two_hold),
      cmocka_unit_test(by_no_other_clock_a_lease_ends),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
