// Shutdown and the freed client, under a clock that the test turns.
#include "support/engine_driver.h"

// Last: cmocka defines fail() as a macro.
#include "support/cmocka.h"

namespace {

using namespace repolock::test;
using repolock::core::kForever;

void assert_status(Status got, Status wanted) {
  assert_string_equal(repolock::core::status_name(static_cast<int32_t>(got)),
                      repolock::core::status_name(static_cast<int32_t>(wanted)));
}

void shut_down(EngineDriver &driver, repolock::core::OpKey op, Millis timeout) {
  driver.engine.shutdown(op, timeout, driver.now);
  driver.pump();
}

void with_nothing_held_it_is_complete_at_once(void **) {
  EngineDriver driver;
  shut_down(driver, 1, 10000);
  assert_status(driver.status(1), Status::kOk);
  assert_true(driver.engine.closed());
  assert_true(driver.engine.idle(driver.now));
}

void waiters_end_and_nothing_new_starts(void **) {
  EngineDriver driver;
  driver.hold(1, EngineDriver::plan("a/b"));
  driver.acquire(2, EngineDriver::plan("a/b"));
  shut_down(driver, 3, 10000);
  assert_status(driver.status(2), Status::kShutdown);
  assert_false(driver.complete(3));
  driver.acquire(4, EngineDriver::plan("a/c"));
  assert_status(driver.status(4), Status::kShutdown);
}

void holders_may_release_in_the_given_time(void **) {
  EngineDriver driver;
  const auto lease = driver.hold(1, EngineDriver::plan("a/b"));
  shut_down(driver, 2, 10000);
  driver.advance(5000);
  driver.release(3, lease);
  driver.answer_last(Status::kOk);
  assert_status(driver.status(3), Status::kOk);
  assert_status(driver.status(2), Status::kOk);
  assert_true(driver.losses.empty());
}

void what_is_still_held_is_lost_and_left_to_its_ttl(void **) {
  EngineDriver driver;
  driver.hold(1, EngineDriver::plan("a/b", 30000));
  shut_down(driver, 2, 3000);
  driver.advance(2999);
  assert_true(driver.losses.empty());
  driver.advance(1);
  assert_int_equal(driver.losses.size(), 1);
  assert_status(driver.losses[0].status, Status::kShutdown);
  assert_status(driver.status(2), Status::kOk);
  assert_int_equal(driver.count(Verb::kRelease), 0);
}

void what_never_expires_is_released_a_ttl_later(void **) {
  EngineDriver driver;
  driver.hold(1, EngineDriver::plan("a/b", 30000), kForever);
  shut_down(driver, 2, 0);
  assert_status(driver.status(2), Status::kOk);
  assert_false(driver.engine.idle(driver.now));
  driver.advance(30000);
  assert_int_equal(driver.count(Verb::kRelease), 1);
  driver.answer_last(Status::kOk);
  assert_true(driver.engine.idle(driver.now));
}

void a_release_without_answer_makes_it_unknown(void **) {
  EngineDriver driver;
  const auto lease = driver.hold(1, EngineDriver::plan("a/b"));
  shut_down(driver, 2, 500);
  driver.release(3, lease);
  driver.advance(2500);
  assert_status(driver.status(3), Status::kUnknown);
  assert_status(driver.status(2), Status::kUnknown);
}

void a_release_that_failed_is_unknown(void **) {
  for (const Status failure : {Status::kUnavailable, Status::kDenied, Status::kIo}) {
    EngineDriver driver;
    const auto lease = driver.hold(1, EngineDriver::plan("a/b"));
    driver.release(2, lease);
    driver.answer_last(failure);
    assert_status(driver.status(2), Status::kUnknown);
  }
}

// Where nothing ends by itself only this process can end it.
void what_never_expires_is_released_until_it_is(void **) {
  EngineDriver driver(EngineDriver::kEverything | repolock::core::kCanNeverExpire);
  const auto lease = driver.hold(1, EngineDriver::plan("a/b"), kForever);
  driver.release(2, lease);
  driver.answer_last(Status::kNoMemory);
  assert_status(driver.status(2), Status::kUnknown);
  size_t sent = 1;
  for (const Status failure : {Status::kIo, Status::kDenied, Status::kUnavailable}) {
    for (++sent; driver.count(Verb::kRelease) < sent; driver.advance(1)) continue;
    driver.answer_last(failure);
  }
  driver.advance(20'000);  // sent, not answered, and sent again
  assert_true(driver.count(Verb::kRelease) >= sent + 2);
  assert_string_equal(driver.last().claims.front().repo.c_str(), "a/b");
  driver.answer_last(Status::kLost);
  sent = driver.count(Verb::kRelease);
  driver.advance(60'000);
  assert_int_equal(driver.count(Verb::kRelease), sent);
}

void a_second_one_joins_the_first(void **) {
  EngineDriver driver;
  const auto lease = driver.hold(1, EngineDriver::plan("a/b"));
  shut_down(driver, 2, 10000);
  shut_down(driver, 3, 0);
  assert_false(driver.complete(3));
  driver.release(4, lease);
  driver.answer_last(Status::kOk);
  assert_status(driver.status(2), Status::kOk);
  assert_status(driver.status(3), Status::kOk);
}

void it_waits_for_what_may_still_be_granted(void **) {
  EngineDriver driver;
  driver.acquire(1, EngineDriver::plan("a/b"));
  const BackendRequest request = driver.last();
  shut_down(driver, 2, 10000);
  assert_status(driver.status(1), Status::kShutdown);
  assert_false(driver.complete(2));
  driver.answer(request, Status::kOk);
  assert_int_equal(driver.count(Verb::kRelease), 1);
  driver.answer_last(Status::kOk);
  assert_status(driver.status(2), Status::kOk);
}

void no_silence_holds_it_up_for_longer_than_2_s(void **) {
  EngineDriver driver;
  driver.acquire(1, EngineDriver::plan("a/b"));
  shut_down(driver, 2, 1000);
  driver.advance(3000);
  assert_true(driver.complete(2));
}

void a_freed_client_tells_waiters_and_holders(void **) {
  EngineDriver driver;
  driver.hold(1, EngineDriver::plan("a/b"));
  driver.acquire(2, EngineDriver::plan("a/b"));
  driver.engine.abandon(driver.now);
  driver.pump();
  assert_status(driver.status(2), Status::kShutdown);
  assert_int_equal(driver.losses.size(), 1);
  assert_status(driver.losses[0].status, Status::kShutdown);
  assert_true(driver.engine.closed());
}

void every_op_completes_exactly_once(void **) {
  EngineDriver driver;
  const auto lease = driver.hold(1, EngineDriver::plan("a/b"));
  driver.acquire(2, EngineDriver::plan("a/b"));
  driver.engine.inspect(3, "a/b", driver.now);
  driver.engine.extend(4, lease, 10000, driver.now);
  driver.engine.break_lease(5, "a/b", "0", driver.now);
  driver.engine.diagnose(6, driver.now);
  driver.engine.release(7, lease, driver.now);
  driver.pump();
  const std::vector<BackendRequest> all = driver.requests;
  shut_down(driver, 8, 0);
  driver.advance(10000);
  for (const BackendRequest &request : all) driver.answer(request, Status::kOk);
  driver.advance(100000);
  for (repolock::core::OpKey op = 1; op <= 8; ++op) assert_int_equal(driver.completions[op], 1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(with_nothing_held_it_is_complete_at_once),
      cmocka_unit_test(waiters_end_and_nothing_new_starts),
      cmocka_unit_test(holders_may_release_in_the_given_time),
      cmocka_unit_test(what_is_still_held_is_lost_and_left_to_its_ttl),
      cmocka_unit_test(what_never_expires_is_released_a_ttl_later),
      cmocka_unit_test(a_release_without_answer_makes_it_unknown),
      cmocka_unit_test(a_release_that_failed_is_unknown),
      cmocka_unit_test(what_never_expires_is_released_until_it_is),
      cmocka_unit_test(a_second_one_joins_the_first),
      cmocka_unit_test(it_waits_for_what_may_still_be_granted),
      cmocka_unit_test(no_silence_holds_it_up_for_longer_than_2_s),
      cmocka_unit_test(a_freed_client_tells_waiters_and_holders),
      cmocka_unit_test(every_op_completes_exactly_once),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
