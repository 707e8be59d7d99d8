// What two clients do at the same time, made to happen in every order: while one of them acquires
// or releases, the other one acts between any two of its system calls.
#include <functional>
#include <string>

#include "backend/file/file.h"
#include "support/backend_driver.h"
#include "support/calls/calls.h"
#include "support/lock_directory.h"

#include "support/cmocka.h"

namespace {

using namespace repolock::testing;
using repolock::backend::file::init;

constexpr char kRepo[] = "a/b";

// Two clients; one acts in the middle of the other's body, after so many calls. False: the body
// makes fewer calls, all orders were there.
struct Race {
  LockDirectory directory;
  FakeClock clock;
  BackendDriver one{&clock};
  BackendDriver two{&clock};

  Race() {
    assert_int_equal(one.open(init, directory.url()), REPOLOCK_OK);
    assert_int_equal(two.open(init, directory.url()), REPOLOCK_OK);
    one.acquire(kRepo, lease_id(1));
  }
  bool run(int calls, const std::function<void()> &body, const std::function<void()> &act) {
    bool has_acted = false;
    watch_calls([&](const std::string &call) {
      // While one opens a file, nobody else in this process does.
      if (call == "openat" || has_acted || calls-- != 0) return 0;
      has_acted = true;
      act();
      return 0;
    });
    body();
    unwatch_calls();
    return has_acted;
  }
  bool is_granted(BackendDriver &driver, uint64_t id) {
    return driver.answer(id).result() == REPOLOCK_OK;
  }
  // Nobody's timer but the one of a busy section may be needed: that would be a second.
  void settle() { clock.advance(20); }
  void done() {
    one.close();
    two.close();
    assert_no_violations(one);
    assert_no_violations(two);
  }
};

void a_release_in_the_middle_of_an_acquire(void **) {
  for (const bool shared : {false, true}) {
    int calls = 0;
    for (bool has_acted = true; has_acted; ++calls) {
      Race race;
      uint64_t id = 0;
      has_acted = race.run(
          calls, [&] { id = race.two.acquire(kRepo, lease_id(2), {.shared = shared}); },
          [&] { race.one.release(kRepo, lease_id(1)); });
      if (!has_acted) race.one.release(kRepo, lease_id(1));
      race.settle();
      if (!race.is_granted(race.two, id)) fail_msg("not granted after %d calls", calls);
      assert_int_equal(race.two.answer(id).grant().previous, REPOLOCK_PREVIOUS_RELEASED);
      race.done();
    }
    assert_true(calls > 10);
  }
}

void an_acquire_in_the_middle_of_a_release(void **) {
  int calls = 0;
  for (bool has_acted = true; has_acted; ++calls) {
    Race race;
    uint64_t id = 0;
    has_acted = race.run(
        calls, [&] { race.one.release(kRepo, lease_id(1)); },
        [&] { id = race.two.acquire(kRepo, lease_id(2)); });
    if (has_acted) {
      race.settle();
      if (!race.is_granted(race.two, id)) fail_msg("not granted after %d calls", calls);
    }
    race.done();
  }
  assert_true(calls > 4);
}

void an_acquire_in_the_middle_of_an_acquire(void **) {
  for (const bool is_held : {true, false}) {
    int calls = 0;
    for (bool has_acted = true; has_acted; ++calls) {
      Race race;
      if (!is_held) race.one.release(kRepo, lease_id(1));
      uint64_t mine = 0, other = 0;
      has_acted = race.run(
          calls, [&] { mine = race.one.acquire(kRepo, lease_id(2)); },
          [&] { other = race.two.acquire(kRepo, lease_id(3)); });
      race.settle();
      if (is_held) race.one.release(kRepo, lease_id(1));
      race.settle();
      const bool first = race.is_granted(race.one, mine);
      if (has_acted && first == race.is_granted(race.two, other))
        fail_msg("both or none after %d calls", calls);
      if (!has_acted && !first) fail_msg("not granted");
      if (first)
        race.one.release(kRepo, lease_id(2));
      else
        race.two.release(kRepo, lease_id(3));
      race.settle();
      if (!race.is_granted(race.one, mine) || (has_acted && !race.is_granted(race.two, other)))
        fail_msg("not handed over after %d calls", calls);
      race.done();
    }
    assert_true(calls > 6);
  }
}

void who_gives_up_while_the_lock_comes_free(void **) {
  for (const bool shared : {false, true}) {
    int calls = 0;
    for (bool has_acted = true; has_acted; ++calls) {
      Race race;
      const auto second = race.two.acquire(kRepo, lease_id(2));
      const auto third = race.one.acquire(kRepo, lease_id(3), {.shared = shared});
      has_acted = race.run(
          calls, [&] { race.one.release(kRepo, lease_id(1)); }, [&] { race.two.cancel(second); });
      if (!has_acted) race.two.cancel(second);
      race.settle();
      // It may have been granted before it gave up; then it is up to its holder.
      if (race.is_granted(race.two, second)) race.two.release(kRepo, lease_id(2));
      race.settle();
      if (!race.is_granted(race.one, third)) fail_msg("not granted after %d calls", calls);
      race.done();
    }
  }
}

void a_release_in_the_middle_of_giving_up(void **) {
  int calls = 0;
  for (bool has_acted = true; has_acted; ++calls) {
    Race race;
    const auto second = race.two.acquire(kRepo, lease_id(2));
    const auto third = race.one.acquire(kRepo, lease_id(3));
    has_acted = race.run(
        calls, [&] { race.two.cancel(second); }, [&] { race.one.release(kRepo, lease_id(1)); });
    if (!has_acted) race.one.release(kRepo, lease_id(1));
    race.settle();
    if (!race.is_granted(race.one, third)) fail_msg("not granted after %d calls", calls);
    race.done();
  }
}

void the_last_two_readers_leave_together(void **) {
  int calls = 0;
  for (bool has_acted = true; has_acted; ++calls) {
    Race race;
    race.one.release(kRepo, lease_id(1));
    race.one.acquire(kRepo, lease_id(2), {.shared = true});
    race.two.acquire(kRepo, lease_id(3), {.shared = true});
    const auto writer = race.two.acquire(kRepo, lease_id(4));
    has_acted = race.run(
        calls, [&] { race.one.release(kRepo, lease_id(2)); },
        [&] { race.two.release(kRepo, lease_id(3)); });
    if (!has_acted) race.two.release(kRepo, lease_id(3));
    race.settle();
    if (!race.is_granted(race.two, writer)) fail_msg("not granted after %d calls", calls);
    race.done();
  }
}

void a_break_in_the_middle(void **) {
  int calls = 0;
  for (bool has_acted = true; has_acted; ++calls) {
    Race race;
    uint64_t id = 0, broken = 0;
    has_acted = race.run(
        calls, [&] { id = race.two.acquire(kRepo, lease_id(2)); },
        [&] { broken = race.one.break_lease(kRepo, lease_id(1)); });
    if (!has_acted) broken = race.one.break_lease(kRepo, lease_id(1));
    race.settle();
    assert_int_equal(race.one.answer(broken).result(), REPOLOCK_OK);
    assert_int_equal(race.one.revocations().size(), 1);
    if (!race.is_granted(race.two, id)) fail_msg("not granted after %d calls", calls);
    assert_int_equal(race.two.answer(id).grant().previous, REPOLOCK_PREVIOUS_BROKEN);
    race.done();
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_release_in_the_middle_of_an_acquire),
      cmocka_unit_test(an_acquire_in_the_middle_of_a_release),
      cmocka_unit_test(an_acquire_in_the_middle_of_an_acquire),
      cmocka_unit_test(who_gives_up_while_the_lock_comes_free),
      cmocka_unit_test(a_release_in_the_middle_of_giving_up),
      cmocka_unit_test(the_last_two_readers_leave_together),
      cmocka_unit_test(a_break_in_the_middle),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
