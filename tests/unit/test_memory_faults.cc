// Faults on demand: memory.fault, as the top of memory.h tells its users.
#include <string>

#include "backend/memory/memory.h"
#include "support/backend_driver.h"
#include "support/memory_stores.h"

#include "support/cmocka.h"

namespace {

using namespace repolock::testing;
using repolock::backend::memory::init;

constexpr int64_t kTtl = 30'000;

// A client, and others that bring faults into its life.
struct Victim {
  FakeClock clock;
  std::string url = fresh_store();
  BackendDriver driver{&clock};

  Victim() { assert_int_equal(driver.open(init, url), REPOLOCK_OK); }
  void suffers(const std::string &fault) {
    BackendDriver injector(&clock);
    assert_int_equal(injector.open(init, url, {{"memory.fault", fault}}), REPOLOCK_OK);
    injector.close();
    assert_no_violations(injector);
    clock.advance(0);
  }
  repolock_status_t acquire(uint64_t lease) {
    return driver.answer(driver.acquire("a/b", lease_id(lease), {.wait = false})).result();
  }
  repolock_status_t release(uint64_t lease) {
    return driver.answer(driver.release("a/b", lease_id(lease))).result();
  }
  void done() {
    driver.close();
    assert_no_violations(driver);
  }
};

void drops_the_next_ones(void **) {
  Victim victim;
  victim.suffers("drop=acquire*2");
  const auto lost = victim.driver.acquire("a/b", lease_id(1));
  assert_int_equal(victim.acquire(2), REPOLOCK_E_PENDING);
  // Other verbs are untouched, and the third acquire finds that the lost ones had no effect.
  assert_int_equal(victim.release(1), REPOLOCK_E_LOST);
  assert_int_equal(victim.acquire(3), REPOLOCK_OK);
  // Whoever gives up learns that nothing is known.
  victim.clock.advance(60'000);
  assert_false(victim.driver.answered(lost));
  victim.driver.cancel(lost);
  assert_int_equal(victim.driver.answer(lost).status, REPOLOCK_E_UNKNOWN);
  victim.done();
}

void loses_replies(void **) {
  Victim victim;
  victim.suffers("lose-reply=acquire,lose-reply=extend,lose-reply=release");
  const auto lost = victim.driver.acquire("a/b", lease_id(1));
  assert_false(victim.driver.answered(lost));
  assert_int_equal(victim.acquire(2), REPOLOCK_E_HELD);
  victim.clock.advance(1'000);
  assert_false(victim.driver.answered(victim.driver.extend("a/b", lease_id(1))));
  victim.clock.advance(kTtl - 1);
  assert_int_equal(victim.acquire(3), REPOLOCK_E_HELD);
  assert_int_equal(victim.release(1), REPOLOCK_E_PENDING);
  assert_int_equal(victim.acquire(4), REPOLOCK_OK);
  victim.driver.cancel(lost);
  assert_int_equal(victim.driver.answer(lost).status, REPOLOCK_E_UNKNOWN);
  victim.done();
}

void a_lost_reply_of_one_that_waits(void **) {
  Victim victim;
  assert_int_equal(victim.acquire(1), REPOLOCK_OK);
  victim.suffers("lose-reply=acquire");
  const auto lost = victim.driver.acquire("a/b", lease_id(2));
  assert_true(victim.driver.waiting(lost).empty());
  const auto next = victim.driver.acquire("a/b", lease_id(3));
  assert_int_equal(victim.driver.waiting(next).back().place, 2);
  // Withdrawn while it stands in the queue it certainly does not hold.
  victim.driver.cancel(lost);
  assert_int_equal(victim.driver.answer(lost).status, REPOLOCK_E_CANCELED);
  victim.release(1);
  assert_int_equal(victim.driver.answer(next).result(), REPOLOCK_OK);
  victim.done();
}

void delays(void **) {
  Victim victim;
  victim.suffers("delay=acquire:200,delay=extend:40000");
  const auto slow = victim.driver.acquire("a/b", lease_id(1));
  const auto given_up = victim.driver.acquire("a/c", lease_id(2));
  assert_int_equal(victim.driver.answer(given_up).result(), REPOLOCK_OK);
  victim.clock.advance(199);
  assert_false(victim.driver.answered(slow));
  victim.clock.advance(1);
  assert_int_equal(victim.driver.answer(slow).result(), REPOLOCK_OK);
  assert_int_equal(victim.driver.answer(slow).grant().valid_until_ms, victim.clock.now() + kTtl);
  // A renewal that is slower than the ttl finds that the lease has run out.
  const auto renewal = victim.driver.extend("a/b", lease_id(1));
  victim.clock.advance(40'000);
  assert_int_equal(victim.driver.answer(renewal).grant().reason, REPOLOCK_LOST_EXPIRED);
  victim.done();
}

void what_is_delayed_is_not_overtaken(void **) {
  Victim victim;
  assert_int_equal(victim.acquire(1), REPOLOCK_OK);
  victim.suffers("delay=extend:500");
  // Carried out last, the older renewal would leave the lease 1,000 ms.
  const auto older = victim.driver.extend("a/b", lease_id(1), 1'000);
  const auto newer = victim.driver.extend("a/b", lease_id(1));
  victim.clock.advance(500);
  assert_int_equal(victim.driver.answer(older).result(), REPOLOCK_OK);
  assert_int_equal(victim.driver.answer(newer).result(), REPOLOCK_OK);
  victim.clock.advance(kTtl - 1);
  assert_int_equal(victim.acquire(2), REPOLOCK_E_HELD);
  // Released while the acquire is on its way: it is gone when both have arrived.
  victim.suffers("delay=acquire:500");
  const auto late = victim.driver.acquire("a/c", lease_id(3));
  const auto release = victim.driver.release("a/c", lease_id(3));
  assert_false(victim.driver.answered(release));
  victim.clock.advance(500);
  assert_int_equal(victim.driver.answer(late).result(), REPOLOCK_OK);
  assert_int_equal(victim.driver.answer(release).result(), REPOLOCK_OK);
  victim.done();
}

void a_delayed_request_can_be_canceled_or_come_too_late(void **) {
  Victim victim;
  victim.suffers("delay=acquire:500*");
  const auto canceled = victim.driver.acquire("a/b", lease_id(1));
  const auto late =
      victim.driver.acquire("a/b", lease_id(2), {.deadline_ms = victim.clock.now() + 400});
  victim.driver.cancel(canceled);
  assert_int_equal(victim.driver.answer(canceled).status, REPOLOCK_E_CANCELED);
  victim.clock.advance(500);
  assert_int_equal(victim.driver.answer(late).status, REPOLOCK_E_TIMEOUT);
  assert_true(victim.driver.answer(victim.driver.inspect()).rows.empty());
  // Closed with one under way: it never arrives.
  victim.driver.acquire("a/b", lease_id(3));
  victim.done();
}

void is_unavailable(void **) {
  Victim victim;
  victim.suffers("unavailable=any*");
  for (int i = 0; i < 3; ++i) {
    assert_int_equal(victim.acquire(1), REPOLOCK_E_UNAVAILABLE);
    assert_int_equal(victim.release(1), REPOLOCK_E_UNAVAILABLE);
    assert_int_equal(victim.driver.answer(victim.driver.inspect()).status, REPOLOCK_E_UNAVAILABLE);
    assert_int_equal(victim.driver.answer(victim.driver.diagnose()).status, REPOLOCK_E_UNAVAILABLE);
  }
  victim.suffers("clear");
  assert_int_equal(victim.acquire(1), REPOLOCK_OK);
  victim.done();
}

void expires_all(void **) {
  Victim victim;
  assert_int_equal(victim.acquire(1), REPOLOCK_OK);
  const auto next = victim.driver.acquire("a/b", lease_id(2));
  victim.suffers("expire");
  assert_int_equal(victim.driver.answer(next).result(), REPOLOCK_OK);
  assert_int_equal(victim.driver.answer(next).grant().previous, REPOLOCK_PREVIOUS_EXPIRED);
  const auto &late = victim.driver.answer(victim.driver.extend("a/b", lease_id(1)));
  assert_int_equal(late.grant().reason, REPOLOCK_LOST_EXPIRED);
  assert_true(victim.driver.revocations().empty());
  victim.done();
}

void loses_all_data_but_no_fence(void **) {
  Victim victim;
  assert_int_equal(victim.acquire(1), REPOLOCK_OK);
  const auto next = victim.driver.acquire("a/b", lease_id(2));
  const auto last = victim.driver.acquire("a/b", lease_id(3));
  victim.suffers("lose");
  assert_int_equal(victim.driver.answer(next).grant().fence, 2);
  assert_int_equal(victim.driver.answer(next).grant().previous, REPOLOCK_PREVIOUS_NONE);
  assert_false(victim.driver.answered(last));
  const auto &late = victim.driver.answer(victim.driver.extend("a/b", lease_id(1)));
  assert_int_equal(late.result(), REPOLOCK_E_LOST);
  assert_int_equal(late.grant().reason, REPOLOCK_LOST_DATA);
  victim.done();
}

void breaks_all(void **) {
  Victim victim;
  victim.driver.acquire("a/b", lease_id(1), {.shared = true});
  victim.driver.acquire("a/b", lease_id(2), {.shared = true});
  victim.driver.acquire("a/c", lease_id(3));
  const auto next = victim.driver.acquire("a/b", lease_id(4));
  victim.suffers("break");
  assert_int_equal(victim.driver.revocations().size(), 3);
  assert_int_equal(victim.driver.answer(next).grant().previous, REPOLOCK_PREVIOUS_BROKEN);
  victim.done();
}

void one_list_can_say_much(void **) {
  Victim victim;
  victim.suffers("drop=any*");
  assert_int_equal(victim.acquire(1), REPOLOCK_E_PENDING);
  victim.suffers("clear,unavailable=release*2,drop=release");
  assert_int_equal(victim.acquire(1), REPOLOCK_OK);
  assert_int_equal(victim.release(1), REPOLOCK_E_UNAVAILABLE);
  assert_int_equal(victim.release(1), REPOLOCK_E_UNAVAILABLE);
  assert_int_equal(victim.release(1), REPOLOCK_E_PENDING);
  assert_int_equal(victim.release(1), REPOLOCK_OK);
  // A client can set faults for itself.
  BackendDriver own(&victim.clock);
  assert_int_equal(own.open(init, "memory:", {{"memory.fault", "unavailable=acquire"}}),
                   REPOLOCK_OK);
  assert_int_equal(own.answer(own.acquire("a/b", lease_id(1))).status, REPOLOCK_E_UNAVAILABLE);
  assert_int_equal(own.answer(own.acquire("a/b", lease_id(1))).result(), REPOLOCK_OK);
  victim.done();
}

void a_mistake_is_named(void **) {
  const std::pair<const char *, const char *> mistakes[] = {
      {"dorp=acquire", "dorp=acquire"},
      {"drop=aquire", "drop=aquire"},
      {"drop", "drop"},
      {"drop=", "drop="},
      {"drop=acquire*0", "drop=acquire*0"},
      {"drop=acquire*-1", "drop=acquire*-1"},
      {"drop=acquire*2x", "drop=acquire*2x"},
      {"drop=acquire*99999999999999999999", "drop=acquire*99999999999999999999"},
      {"drop=acquire:10", "drop=acquire:10"},
      {"delay=acquire", "delay=acquire"},
      {"delay=acquire:", "delay=acquire:"},
      {"delay=acquire:5s", "delay=acquire:5s"},
      {"expire=now", "expire=now"},
      {"expire, lose", " lose"},
      {"expire,,lose", ""},
      {"expire,", "expire,"},
      {",", ","},
  };
  for (const auto &[text, word] : mistakes) {
    BackendDriver driver;
    const auto url = fresh_store();
    assert_int_equal(driver.open(init, url, {{"memory.fault", text}}), REPOLOCK_E_INVALID);
    const std::string quoted = "\"" + std::string(word) + "\" is no fault; write drop=VERB";
    if (driver.open_error().find(quoted) == std::string::npos) {
      fail_msg("\"%s\": %s", text, driver.open_error().c_str());
    }
    assert_true(driver.open_error().size() + 1 < REPOLOCK_ERR_SIZE);
  }
  BackendDriver driver;
  assert_int_equal(driver.open(init, "memory:", {{"memory.fault", ""}}), REPOLOCK_OK);
}

void a_wrong_list_has_no_effect(void **) {
  Victim victim;
  BackendDriver wrong(&victim.clock);
  assert_int_equal(wrong.open(init, victim.url, {{"memory.fault", "drop=any*,nonsense"}}),
                   REPOLOCK_E_INVALID);
  assert_int_equal(victim.acquire(1), REPOLOCK_OK);
  victim.done();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(drops_the_next_ones),
      cmocka_unit_test(loses_replies),
      cmocka_unit_test(a_lost_reply_of_one_that_waits),
      cmocka_unit_test(delays),
      cmocka_unit_test(what_is_delayed_is_not_overtaken),
      cmocka_unit_test(a_delayed_request_can_be_canceled_or_come_too_late),
      cmocka_unit_test(is_unavailable),
      cmocka_unit_test(expires_all),
      cmocka_unit_test(loses_all_data_but_no_fence),
      cmocka_unit_test(breaks_all),
      cmocka_unit_test(one_list_can_say_much),
      cmocka_unit_test(a_mistake_is_named),
      cmocka_unit_test(a_wrong_list_has_no_effect),
  };
  return cmocka_run_group_tests_name("memory_faults", tests, nullptr, nullptr);
}
