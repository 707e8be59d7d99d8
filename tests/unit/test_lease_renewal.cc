// Renewal, loss and the end of a lease: the engine under a clock that the test turns.
#include "support/engine_driver.h"

// Last: cmocka defines fail() as a macro.
#include "support/cmocka.h"

namespace {

using namespace repolock::test;
using repolock::core::believed_until;
using repolock::core::kForever;

void renews_at_a_third_of_the_ttl(void **) {
  EngineDriver driver;
  driver.hold(1, EngineDriver::plan("a/b", 30000));
  driver.advance(9999);
  assert_int_equal(driver.count(Verb::kExtend), 0);
  driver.advance(1);
  assert_int_equal(driver.count(Verb::kExtend), 1);
  driver.answer_last(Status::kOk);
  driver.advance(10000);
  assert_int_equal(driver.count(Verb::kExtend), 2);
  assert_true(driver.losses.empty());
}

void retries_after_500_ms_then_each_second(void **) {
  EngineDriver driver;
  driver.hold(1, EngineDriver::plan("a/b", 30000));
  driver.advance(10000);
  driver.answer_last(Status::kUnavailable);
  driver.advance(500);
  assert_int_equal(driver.count(Verb::kExtend), 2);
  driver.answer_last(Status::kUnavailable);
  driver.advance(999);
  assert_int_equal(driver.count(Verb::kExtend), 2);
  driver.advance(1);
  assert_int_equal(driver.count(Verb::kExtend), 3);
}

void loss_is_told_a_sixth_of_the_ttl_before_the_end(void **) {
  EngineDriver driver;
  driver.hold(1, EngineDriver::plan("a/b", 30000));
  const Millis end = driver.now + 30000;
  driver.advance(24999);
  assert_true(driver.losses.empty());
  driver.advance(1);
  assert_int_equal(driver.losses.size(), 1);
  assert_int_equal(driver.losses[0].valid_until, end);
  assert_int_equal(static_cast<int>(driver.losses[0].reason),
                   static_cast<int>(LossReason::kExpired));
  driver.advance(100000);
  assert_int_equal(driver.losses.size(), 1);
}

void after_a_pause_no_answer_revives_it(void **) {
  EngineDriver driver;
  driver.hold(1, EngineDriver::plan("a/b", 30000));
  driver.advance(10000);
  const BackendRequest renewal = driver.last();
  driver.pause(60000);
  driver.answer(renewal, Status::kOk, driver.now + 30000);
  assert_int_equal(driver.losses.size(), 1);
}

void a_backend_that_says_lost_is_believed_at_once(void **) {
  EngineDriver driver;
  const auto lease = driver.hold(1, EngineDriver::plan("a/b", 30000));
  driver.advance(10000);
  driver.answer(BackendRequest(driver.last()), Status::kLost, 0, LossReason::kDataLost);
  assert_int_equal(driver.losses.size(), 1);
  driver.release(2, lease);
  assert_int_equal(driver.count(Verb::kRelease), 1);  // what is left of it
  driver.answer_last(Status::kOk);
  assert_int_equal(static_cast<int>(driver.status(2)), static_cast<int>(Status::kLost));
}

void an_answer_to_an_older_extend_changes_nothing(void **) {
  EngineDriver driver;
  const auto lease = driver.hold(1, EngineDriver::plan("a/b", 30000));
  driver.advance(10000);
  const BackendRequest renewal = driver.last();
  driver.engine.extend(2, lease, 6000, driver.now);
  driver.pump();
  driver.answer_last(Status::kOk);  // 6 s from now
  driver.answer(renewal, Status::kOk, driver.now + 30000);
  assert_int_equal(driver.extensions.back().valid_until, driver.now + 6000);
}

void a_shorter_ttl_counts_from_its_sending(void **) {
  EngineDriver driver;
  const auto lease = driver.hold(1, EngineDriver::plan("a/b", 30000));
  driver.engine.extend(2, lease, 6000, driver.now);
  driver.pump();
  assert_int_equal(driver.extensions.back().valid_until, believed_until(driver.now, 6000));
  assert_int_equal(static_cast<int>(driver.status(2)), static_cast<int>(Status::kPending));
}

// It was sent before, but is answered after the backend may have carried out the extend.
void a_shorter_ttl_bounds_what_an_earlier_renewal_brings(void **) {
  EngineDriver driver;
  const auto lease = driver.hold(1, EngineDriver::plan("a/b", 30000));
  driver.advance(10000);
  const BackendRequest renewal = driver.last();
  driver.engine.extend(2, lease, 6000, driver.now);
  driver.pump();
  driver.answer(renewal, Status::kOk, driver.now + 30000);
  assert_int_equal(driver.extensions.back().valid_until, believed_until(driver.now, 6000));
}

void renewals_ask_for_the_ttl_of_the_last_extend(void **) {
  EngineDriver driver;
  const auto lease = driver.hold(1, EngineDriver::plan("a/b", 3000));
  driver.engine.extend(2, lease, 30000, driver.now);
  driver.pump();
  const BackendRequest extend = driver.last();
  driver.advance(1000);
  assert_int_equal(driver.count(Verb::kExtend), 2);
  assert_int_equal(driver.last().claims[0].ttl, 30000);
  driver.answer_last(Status::kOk);
  driver.answer(extend, Status::kOk);
  driver.advance(10000);
  assert_int_equal(driver.count(Verb::kExtend), 3);
  assert_int_equal(driver.last().claims[0].ttl, 30000);
}

void renewals_do_not_ask_for_what_was_refused(void **) {
  EngineDriver driver;
  const auto lease = driver.hold(1, EngineDriver::plan("a/b", 6000));
  driver.engine.extend(2, lease, 30000, driver.now);
  driver.pump();
  driver.answer_last(Status::kUnavailable);
  driver.advance(2000);
  assert_int_equal(driver.last().claims[0].ttl, 6000);
}

// The extend was given up, then it was confirmed after all: the next renewal asks for less again.
void a_renewal_that_asks_for_less_counts_from_its_sending(void **) {
  EngineDriver driver;
  const auto lease = driver.hold(1, EngineDriver::plan("a/b", 9000));
  driver.engine.extend(2, lease, 30000, driver.now);
  driver.pump();
  const BackendRequest extend = driver.last();
  driver.advance(2000);
  assert_int_equal(static_cast<int>(driver.status(2)), static_cast<int>(Status::kUnknown));
  driver.answer(extend, Status::kOk);
  driver.advance(10000);
  assert_int_equal(driver.last().claims[0].ttl, 9000);
  assert_int_equal(driver.extensions.back().valid_until, believed_until(driver.now, 9000));
}

void a_slow_backend_leaves_four_round_trips_to_stop_the_work(void **) {
  EngineDriver driver;
  driver.hold(1, EngineDriver::plan("a/b", 30000));
  driver.advance(10000);
  const BackendRequest renewal = driver.last();
  driver.advance(1800);
  driver.answer(renewal, Status::kOk);
  const Millis end = driver.now + 30000;
  driver.advance(30000 - 4 * 1800 - 1);
  assert_true(driver.losses.empty());
  driver.advance(1);
  assert_int_equal(driver.losses.size(), 1);
  assert_int_equal(driver.losses[0].valid_until, end);
}

void an_extend_without_answer_is_unknown(void **) {
  EngineDriver driver;
  const auto lease = driver.hold(1, EngineDriver::plan("a/b", 30000));
  driver.engine.extend(2, lease, 30000, driver.now);
  driver.pump();
  driver.advance(2000);
  assert_int_equal(static_cast<int>(driver.status(2)), static_cast<int>(Status::kUnknown));
}

void renewals_that_are_nearly_due_travel_together(void **) {
  EngineDriver driver;
  for (uint64_t op = 1; op <= 20; ++op) {
    driver.hold(op, EngineDriver::plan("a/" + std::to_string(op), 30000));
    driver.advance(10);
  }
  driver.advance(9800);
  assert_int_equal(driver.count(Verb::kExtend), 1);
  assert_int_equal(driver.last().claims.size(), 20);
}

void max_hold_ends_it_however_well_it_is_renewed(void **) {
  EngineDriver driver;
  auto plan = EngineDriver::plan("a/b", 30000);
  plan.max_hold = 60000;
  driver.hold(1, plan);
  const Millis end = driver.now + 60000;
  while (driver.losses.empty()) {
    driver.advance(100);
    if (driver.last().verb == Verb::kExtend) {
      assert_true(driver.now + driver.last().claims[0].ttl <= end + 100);
      driver.answer_last(Status::kOk, std::min(end, driver.now + 30000));
      driver.requests.emplace_back();
    }
  }
  assert_int_equal(driver.now, end - 5000);
  assert_int_equal(static_cast<int>(driver.losses[0].reason),
                   static_cast<int>(LossReason::kMaxHold));
}

// What the backend keeps back of each answer is no end of another kind, and no reason to renew again.
void max_hold_ends_it_where_the_backend_keeps_something_back(void **) {
  EngineDriver driver;
  auto plan = EngineDriver::plan("a/b", 30000);
  plan.max_hold = 40000;
  driver.hold(1, plan);
  driver.advance(10000);
  assert_int_equal(driver.last().claims[0].ttl, 30000);
  driver.answer_last(Status::kOk, believed_until(driver.now, 30000));
  driver.advance(30000);
  assert_int_equal(driver.count(Verb::kExtend), 1);
  assert_int_equal(driver.losses.size(), 1);
  assert_int_equal(static_cast<int>(driver.losses[0].reason),
                   static_cast<int>(LossReason::kMaxHold));
}

void max_hold_releases_what_never_expires(void **) {
  EngineDriver driver;
  auto plan = EngineDriver::plan("a/b", 30000);
  plan.max_hold = 60000;
  driver.hold(1, plan, kForever);
  driver.advance(55000);
  assert_int_equal(driver.losses.size(), 1);
  assert_int_equal(driver.count(Verb::kRelease), 0);
  driver.advance(5000);
  assert_int_equal(driver.count(Verb::kRelease), 1);
  assert_int_equal(static_cast<int>(driver.last().claims[0].ended),
                   static_cast<int>(repolock::core::Previous::kExpired));
}

void what_never_expires_is_not_renewed(void **) {
  EngineDriver driver;
  driver.hold(1, EngineDriver::plan("a/b", 30000), kForever);
  driver.advance(1000000);
  assert_int_equal(driver.count(Verb::kExtend), 0);
  assert_true(driver.losses.empty());
}

void a_silent_heartbeat_loses_all(void **) {
  EngineDriver driver(EngineDriver::kEverything, 5000);
  driver.hold(1, EngineDriver::plan("a/b", 30000), kForever);
  driver.advance(4000);
  driver.engine.heartbeat(driver.now);
  driver.advance(4999);
  assert_true(driver.losses.empty());
  driver.advance(30000);
  assert_int_equal(driver.losses.size(), 1);
  assert_int_equal(static_cast<int>(driver.losses[0].reason),
                   static_cast<int>(LossReason::kStalled));
}

void a_lease_gained_after_a_silence_waits_for_a_heartbeat_too(void **) {
  EngineDriver driver(EngineDriver::kEverything, 5000);
  driver.hold(1, EngineDriver::plan("a/b", 30000), kForever);
  driver.advance(6000);
  driver.hold(2, EngineDriver::plan("a/c", 30000), kForever);
  driver.advance(35000);
  assert_int_equal(driver.losses.size(), 2);
  assert_int_equal(static_cast<int>(driver.losses[1].reason),
                   static_cast<int>(LossReason::kStalled));
}

void after_a_silence_an_extend_does_not_bring_renewal_back(void **) {
  EngineDriver driver(EngineDriver::kEverything, 5000);
  const auto lease = driver.hold(1, EngineDriver::plan("a/b", 30000));
  driver.advance(5000);
  driver.engine.extend(2, lease, 6000, driver.now);
  driver.pump();
  driver.answer_last(Status::kOk);
  driver.advance(6000);
  assert_int_equal(driver.count(Verb::kExtend), 1);
  assert_int_equal(driver.losses.size(), 1);
  assert_int_equal(static_cast<int>(driver.losses[0].reason),
                   static_cast<int>(LossReason::kStalled));
}

// While names are gathered the earlier ones must be renewed.
void what_the_caller_renews_himself_is_left_to_him_once_he_has_it(void **) {
  EngineDriver driver;
  auto plan = EngineDriver::plan("a/b", 3000);
  plan.repos = {"a/b", "a/c"};
  plan.renew = false;
  driver.acquire(1, plan);
  driver.answer_last(Status::kOk);
  const BackendRequest second = driver.last();
  driver.advance(1000);
  driver.answer_last(Status::kUnavailable);
  const size_t before = driver.count(Verb::kExtend);
  driver.answer(second, Status::kOk);
  assert_true(driver.complete(1));
  driver.advance(1000);
  assert_int_equal(driver.count(Verb::kExtend), before);
}

void freed_without_release_it_ends_by_its_ttl(void **) {
  EngineDriver driver;
  const auto expiring = driver.hold(1, EngineDriver::plan("a/b", 30000));
  driver.engine.forget(expiring, driver.now);
  driver.pump();
  driver.advance(60000);
  assert_int_equal(driver.count(Verb::kExtend) + driver.count(Verb::kRelease), 0);

  const auto endless = driver.hold(2, EngineDriver::plan("a/c", 30000), kForever);
  driver.engine.forget(endless, driver.now);
  driver.pump();
  driver.advance(29999);
  assert_int_equal(driver.count(Verb::kRelease), 0);
  driver.advance(1);
  assert_int_equal(driver.count(Verb::kRelease), 1);
}

void a_release_without_answer_is_unknown_after_2_s(void **) {
  EngineDriver driver;
  const auto lease = driver.hold(1, EngineDriver::plan("a/b", 30000));
  driver.release(2, lease);
  driver.advance(1999);
  assert_false(driver.complete(2));
  driver.advance(1);
  assert_int_equal(static_cast<int>(driver.status(2)), static_cast<int>(Status::kUnknown));
}

void a_second_release_joins_the_first(void **) {
  EngineDriver driver;
  const auto lease = driver.hold(1, EngineDriver::plan("a/b", 30000));
  driver.release(2, lease);
  driver.release(3, lease);
  assert_int_equal(driver.count(Verb::kRelease), 1);
  driver.answer_last(Status::kOk);
  assert_int_equal(static_cast<int>(driver.status(2)), static_cast<int>(Status::kOk));
  assert_int_equal(static_cast<int>(driver.status(3)), static_cast<int>(Status::kOk));
}

void a_loss_during_the_release_is_told_to_nobody(void **) {
  EngineDriver driver;
  const auto lease = driver.hold(1, EngineDriver::plan("a/b", 30000));
  const std::string id = driver.result(1).granted->id;
  driver.release(2, lease);
  driver.engine.revoked("a/b", id, LossReason::kBroken, "", driver.now);
  driver.pump();
  assert_true(driver.losses.empty());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(renews_at_a_third_of_the_ttl),
      cmocka_unit_test(retries_after_500_ms_then_each_second),
      cmocka_unit_test(loss_is_told_a_sixth_of_the_ttl_before_the_end),
      cmocka_unit_test(after_a_pause_no_answer_revives_it),
      cmocka_unit_test(a_backend_that_says_lost_is_believed_at_once),
      cmocka_unit_test(an_answer_to_an_older_extend_changes_nothing),
      cmocka_unit_test(a_shorter_ttl_counts_from_its_sending),
      cmocka_unit_test(a_shorter_ttl_bounds_what_an_earlier_renewal_brings),
      cmocka_unit_test(renewals_ask_for_the_ttl_of_the_last_extend),
      cmocka_unit_test(renewals_do_not_ask_for_what_was_refused),
      cmocka_unit_test(a_renewal_that_asks_for_less_counts_from_its_sending),
      cmocka_unit_test(a_slow_backend_leaves_four_round_trips_to_stop_the_work),
      cmocka_unit_test(an_extend_without_answer_is_unknown),
      cmocka_unit_test(renewals_that_are_nearly_due_travel_together),
      cmocka_unit_test(max_hold_ends_it_however_well_it_is_renewed),
      cmocka_unit_test(max_hold_ends_it_where_the_backend_keeps_something_back),
      cmocka_unit_test(max_hold_releases_what_never_expires),
      cmocka_unit_test(what_never_expires_is_not_renewed),
      cmocka_unit_test(a_silent_heartbeat_loses_all),
      cmocka_unit_test(a_lease_gained_after_a_silence_waits_for_a_heartbeat_too),
      cmocka_unit_test(after_a_silence_an_extend_does_not_bring_renewal_back),
      cmocka_unit_test(what_the_caller_renews_himself_is_left_to_him_once_he_has_it),
      cmocka_unit_test(freed_without_release_it_ends_by_its_ttl),
      cmocka_unit_test(a_release_without_answer_is_unknown_after_2_s),
      cmocka_unit_test(a_second_release_joins_the_first),
      cmocka_unit_test(a_loss_during_the_release_is_told_to_nobody),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
