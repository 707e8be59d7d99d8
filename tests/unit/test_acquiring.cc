// From the wish to the lease, under a clock that the test turns.
#include <cstring>

#include "support/engine_driver.h"

// Last: cmocka defines fail() as a macro.
#include "support/cmocka.h"

namespace {

using namespace repolock::test;
using repolock::core::kForever;
using repolock::core::Row;
using repolock::core::RowKind;
using repolock::core::Rows;

void assert_status(Status got, Status wanted) {
  assert_string_equal(repolock::core::status_name(static_cast<int32_t>(got)),
                      repolock::core::status_name(static_cast<int32_t>(wanted)));
}

Rows held_by(const char *holder, int64_t place) {
  Row row;
  row.holder = holder;
  row.pid = 4312;
  row.host = "ci-7";
  row.age_ms = 12000;
  Row waiter;
  waiter.kind = RowKind::kWaiter;
  waiter.place = place;
  return {row, waiter};
}

void stands_in_the_backends_queue_until_its_deadline(void **) {
  EngineDriver driver;
  driver.acquire(1, EngineDriver::plan("a/b", 30000, 60000));
  assert_true(driver.last().wait);
  assert_int_equal(driver.last().deadline, driver.now + 60000);
  driver.engine.waiting(driver.last().id, held_by("job 1", 3), driver.now);
  driver.pump();
  assert_string_equal(driver.news.back().message.c_str(),
                      "waiting for a/b: held by job 1 (pid 4312 on ci-7) for 12 s, 2 ahead of you");
  driver.advance(59999);
  assert_false(driver.complete(1));
  driver.advance(1);
  assert_status(driver.status(1), Status::kTimeout);
  assert_string_equal(driver.result(1).message.c_str(),
                      "a/b was not free within 1 min: it is held by job 1 (pid 4312 on ci-7) for "
                      "1 min 12 s, with 2 ahead of you; try again later or wait longer");
  assert_int_equal(driver.withdrawn.size(), 1);
}

void what_is_granted_too_late_is_released(void **) {
  EngineDriver driver;
  driver.acquire(1, EngineDriver::plan("a/b", 30000, 5000));
  const BackendRequest request = driver.last();
  driver.engine.waiting(request.id, held_by("job 1", 1), driver.now);
  driver.pump();
  driver.advance(5000);
  assert_status(driver.status(1), Status::kTimeout);
  driver.answer(request, Status::kOk);
  assert_int_equal(driver.count(Verb::kRelease), 1);
  assert_string_equal(driver.last().claims[0].lease_id.c_str(), request.claims[0].lease_id.c_str());
  assert_int_equal(driver.completions[1], 1);
}

void a_try_says_held_and_by_whom(void **) {
  EngineDriver driver;
  driver.acquire(1, EngineDriver::plan("a/b", 30000, 0));
  assert_false(driver.last().wait);
  BackendAnswer answer;
  answer.status = Status::kOk;
  answer.grants.resize(1);
  answer.grants[0].status = Status::kHeld;
  answer.rows = held_by("job 1", -1);
  driver.engine.answer(driver.last().id, answer, driver.now);
  driver.pump();
  assert_status(driver.status(1), Status::kHeld);
  assert_non_null(strstr(driver.result(1).message.c_str(), "held by job 1 (pid 4312 on ci-7)"));
  assert_int_equal(driver.result(1).rows->size(), 2);
}

void a_try_without_answer_is_unknown_and_cleaned_up(void **) {
  EngineDriver driver;
  driver.acquire(1, EngineDriver::plan("a/b", 30000, 0));
  const BackendRequest request = driver.last();
  driver.advance(1999);
  assert_false(driver.complete(1));
  driver.advance(1);
  assert_status(driver.status(1), Status::kUnknown);
  assert_int_equal(driver.count(Verb::kRelease), 1);
  // The answer comes after all: it is released once more, whatever became of the first release.
  driver.answer(request, Status::kOk);
  assert_int_equal(driver.count(Verb::kRelease), 2);
}

void silence_is_asked_again_under_another_id(void **) {
  EngineDriver driver;
  driver.acquire(1, EngineDriver::plan("a/b", 30000, 60000));
  const BackendRequest first = driver.last();
  driver.advance(5000);
  const BackendRequest second = driver.last();
  assert_int_equal(static_cast<int>(second.verb), static_cast<int>(Verb::kAcquire));
  assert_string_not_equal(first.claims[0].lease_id.c_str(), second.claims[0].lease_id.c_str());
  driver.answer(second, Status::kOk);
  assert_status(driver.status(1), Status::kOk);
  driver.answer(first, Status::kOk);  // late: only its own id is released
  assert_string_equal(driver.last().claims[0].lease_id.c_str(), first.claims[0].lease_id.c_str());
  assert_true(driver.losses.empty());
}

void a_backend_that_was_never_reached_fails_after_10_s(void **) {
  EngineDriver driver;
  driver.acquire(1, EngineDriver::plan("a/b", 30000, kForever));
  while (driver.now < 1000000 + 9000) {
    driver.advance(1);
    if (driver.last().verb == Verb::kAcquire) {
      driver.answer_last(Status::kUnavailable);
      driver.requests.emplace_back();
      driver.requests.back().verb = Verb::kInspect;
    }
  }
  assert_false(driver.complete(1));
  driver.advance(1500);
  assert_status(driver.status(1), Status::kUnavailable);
}

void polls_with_jitter_where_the_backend_has_no_queue(void **) {
  EngineDriver driver(EngineDriver::kEverything & ~uint64_t{repolock::core::kCanWait});
  driver.acquire(1, EngineDriver::plan("a/b", 30000, 10000));
  size_t asked = 1;
  while (!driver.complete(1)) {
    if (driver.count(Verb::kAcquire) == asked) {
      assert_false(driver.last().wait);
      driver.answer_last(Status::kHeld);
      ++asked;
    }
    driver.advance(1);
  }
  assert_status(driver.status(1), Status::kTimeout);
  assert_in_range(asked, 10, 1000);
}

void a_wake_asks_again_at_once(void **) {
  EngineDriver driver(EngineDriver::kEverything & ~uint64_t{repolock::core::kCanWait});
  driver.acquire(1, EngineDriver::plan("a/b", 30000, 10000));
  driver.answer_last(Status::kHeld);
  driver.engine.wake("a/b", driver.now);
  driver.pump();
  assert_int_equal(driver.count(Verb::kAcquire), 2);
}

repolock::core::Plan two_names() {
  auto plan = EngineDriver::plan("a/a");
  plan.repos = {"a/a", "b/b"};
  plan.asked_order = {1, 0};
  return plan;
}

void several_names_one_after_another(void **) {
  EngineDriver driver;
  driver.acquire(1, two_names());
  assert_string_equal(driver.last().claims[0].repo.c_str(), "a/a");
  driver.answer_last(Status::kOk);
  assert_string_equal(driver.last().claims[0].repo.c_str(), "b/b");
  assert_false(driver.complete(1));
  driver.answer_last(Status::kOk);
  const auto &granted = *driver.result(1).granted;
  assert_int_equal(granted.fences[0], 2);  // in the order of the request: b/b came first there
  assert_int_equal(granted.fences[1], 1);
}

void earlier_names_are_renewed_while_later_ones_are_awaited(void **) {
  EngineDriver driver;
  driver.acquire(1, two_names());
  driver.answer_last(Status::kOk);
  driver.engine.waiting(driver.last().id, held_by("x", 1), driver.now);
  driver.pump();
  driver.advance(10000);
  assert_int_equal(driver.count(Verb::kExtend), 1);
  assert_string_equal(driver.last().claims[0].repo.c_str(), "a/a");
}

void all_names_or_none(void **) {
  EngineDriver driver;
  driver.acquire(1, two_names());
  driver.answer_last(Status::kOk);
  const BackendRequest second = driver.last();
  driver.engine.cancel(1, driver.now);
  driver.pump();
  assert_status(driver.status(1), Status::kCanceled);
  assert_string_equal(driver.last().claims[0].repo.c_str(), "a/a");
  assert_int_equal(driver.count(Verb::kRelease), 1);
  driver.answer(second, Status::kOk);
  assert_int_equal(driver.count(Verb::kRelease), 2);
}

void an_earlier_name_that_is_lost_starts_it_again(void **) {
  EngineDriver driver;
  driver.acquire(1, two_names());
  driver.answer_last(Status::kOk);
  const std::string id = driver.last().claims[0].lease_id;
  driver.engine.revoked("a/a", id, LossReason::kBroken, "", driver.now);
  driver.pump();
  assert_true(driver.losses.empty());  // nobody held it yet
  driver.advance(100);
  assert_string_equal(driver.last().claims[0].repo.c_str(), "a/a");
  driver.answer_last(Status::kOk);
  driver.answer_last(Status::kOk);
  assert_status(driver.status(1), Status::kOk);
}

void what_the_backend_cannot_is_unsupported(void **) {
  EngineDriver driver(repolock::core::kCanWait);
  auto shared = EngineDriver::plan("a/b");
  shared.shared = true;
  driver.acquire(1, shared);
  assert_status(driver.status(1), Status::kUnsupported);
  driver.acquire(2, two_names());
  assert_status(driver.status(2), Status::kUnsupported);
  driver.engine.inspect(3, "a/b", driver.now);
  driver.engine.break_lease(4, "a/b", "x", driver.now);
  driver.pump();
  assert_status(driver.status(3), Status::kUnsupported);
  assert_status(driver.status(4), Status::kUnsupported);
  assert_true(driver.requests.empty());
}

void what_may_have_been_granted_too_late_is_released(void **) {
  EngineDriver driver;
  driver.acquire(1, EngineDriver::plan("a/b"));
  const BackendRequest request = driver.last();
  driver.engine.cancel(1, driver.now);
  driver.pump();
  driver.answer(request, Status::kUnknown);
  assert_int_equal(driver.count(Verb::kRelease), 1);
}

void a_backend_without_words_is_quoted_by_its_status(void **) {
  EngineDriver driver;
  driver.acquire(1, EngineDriver::plan("a/b", 30000, 0));
  driver.answer_last(Status::kUnavailable);
  assert_string_equal(driver.result(1).message.c_str(), "the backend answered E_UNAVAILABLE");
}

void a_grant_without_time_left_is_not_a_grant(void **) {
  EngineDriver driver;
  driver.acquire(1, EngineDriver::plan("a/b", 30000, 60000));
  driver.answer_last(Status::kOk, driver.now + 4000);  // under a sixth of the ttl
  assert_false(driver.complete(1));
  assert_int_equal(driver.count(Verb::kRelease), 1);
  driver.advance(100);
  driver.answer_last(Status::kOk);
  assert_status(driver.status(1), Status::kOk);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(stands_in_the_backends_queue_until_its_deadline),
      cmocka_unit_test(what_is_granted_too_late_is_released),
      cmocka_unit_test(a_try_says_held_and_by_whom),
      cmocka_unit_test(a_try_without_answer_is_unknown_and_cleaned_up),
      cmocka_unit_test(silence_is_asked_again_under_another_id),
      cmocka_unit_test(a_backend_that_was_never_reached_fails_after_10_s),
      cmocka_unit_test(polls_with_jitter_where_the_backend_has_no_queue),
      cmocka_unit_test(a_wake_asks_again_at_once),
      cmocka_unit_test(several_names_one_after_another),
      cmocka_unit_test(earlier_names_are_renewed_while_later_ones_are_awaited),
      cmocka_unit_test(all_names_or_none),
      cmocka_unit_test(an_earlier_name_that_is_lost_starts_it_again),
      cmocka_unit_test(what_the_backend_cannot_is_unsupported),
      cmocka_unit_test(what_may_have_been_granted_too_late_is_released),
      cmocka_unit_test(a_backend_without_words_is_quoted_by_its_status),
      cmocka_unit_test(a_grant_without_time_left_is_not_a_grant),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
