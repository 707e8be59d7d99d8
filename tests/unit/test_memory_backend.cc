// The reference backend on one thread, with time in the test's hand: what plugin.h asks of every
// backend, and what memory.h promises.
#include "backend/memory/memory.h"

#include <string>
#include <vector>

#include "support/backend_driver.h"
#include "support/memory_stores.h"

#include "support/cmocka.h"

namespace {

using namespace repolock::testing;
using repolock::backend::memory::init;

constexpr int64_t kTtl = 30'000;

// Two clients of one store.
struct Pair {
  FakeClock clock;
  std::string url = fresh_store();
  BackendDriver one{&clock};
  BackendDriver two{&clock};

  Pair() {
    assert_int_equal(one.open(init, url), REPOLOCK_OK);
    assert_int_equal(two.open(init, url), REPOLOCK_OK);
  }
  void settle() { clock.advance(0); }
  void done() {
    settle();
    one.close();
    two.close();
    assert_no_violations(one);
    assert_no_violations(two);
  }
};

void claims_what_holds(void **) {
  Pair pair;
  const uint64_t claimed = pair.one.capabilities();
  const uint64_t expected = uint64_t{REPOLOCK_CAN_WAIT} | REPOLOCK_CAN_FIFO | REPOLOCK_CAN_FENCE |
                            REPOLOCK_CAN_FENCE_STRICT | REPOLOCK_CAN_SHARE | REPOLOCK_CAN_SEVERAL |
                            REPOLOCK_CAN_INSPECT | REPOLOCK_CAN_LIST | REPOLOCK_CAN_BREAK;
  assert_int_equal(claimed, expected);
  assert_null(init(nullptr, REPOLOCK_PLUGIN_ABI + 1));
  assert_null(init(nullptr, 0));
}

void grants_what_is_free(void **) {
  Pair pair;
  const auto id = pair.one.acquire("a/b", lease_id(1));
  const auto &answer = pair.one.answer(id);
  assert_int_equal(answer.result(), REPOLOCK_OK);
  assert_int_equal(answer.grant().fence, 1);
  assert_int_equal(answer.grant().previous, REPOLOCK_PREVIOUS_NONE);
  assert_int_equal(answer.grant().valid_until_ms, pair.clock.now() + kTtl);
  assert_int_equal(answer.grant().inherit_fd, -1);
  // Another name is another lock.
  assert_int_equal(pair.two.answer(pair.two.acquire("a/c", lease_id(2))).result(), REPOLOCK_OK);
  pair.done();
}

void hands_over_in_order(void **) {
  Pair pair;
  std::vector<uint64_t> ids;
  for (uint64_t i = 1; i <= 6; ++i) {
    BackendDriver &driver = i % 2 == 1 ? pair.one : pair.two;
    ids.push_back(driver.acquire("a/b", lease_id(i)));
  }
  for (uint64_t i = 1; i <= 6; ++i) {
    BackendDriver &driver = i % 2 == 1 ? pair.one : pair.two;
    const auto &answer = driver.answer(ids[i - 1]);
    assert_int_equal(answer.result(), REPOLOCK_OK);
    assert_int_equal(answer.grant().fence, i);
    assert_int_equal(answer.grant().previous,
                     i == 1 ? REPOLOCK_PREVIOUS_NONE : REPOLOCK_PREVIOUS_RELEASED);
    if (i < 6) assert_false((i % 2 == 1 ? pair.two : pair.one).answered(ids[i]));
    pair.clock.advance(10);
    const auto released = driver.release("a/b", lease_id(i), i);
    assert_int_equal(driver.answer(released).result(), REPOLOCK_OK);
  }
  pair.done();
}

void refuses_who_does_not_wait(void **) {
  Pair pair;
  pair.one.acquire("a/b", lease_id(1), {.holder = "job-1"});
  pair.clock.advance(500);
  const auto id = pair.two.acquire("a/b", lease_id(2), {.wait = false});
  const auto &answer = pair.two.answer(id);
  assert_int_equal(answer.status, REPOLOCK_E_HELD);
  assert_true(answer.message.find("a/b") != std::string::npos);
  assert_int_equal(answer.rows.size(), 1);
  assert_int_equal(answer.rows[0].row, REPOLOCK_ROW_HOLDER);
  assert_string_equal(answer.rows[0].holder.c_str(), "job-1");
  assert_int_equal(answer.rows[0].age_ms, 500);
  // It left no trace in the queue, and heard no news of one.
  assert_true(pair.two.waitings().empty());
  pair.one.release("a/b", lease_id(1));
  assert_int_equal(pair.two.answer(pair.two.acquire("a/b", lease_id(3), {.wait = false})).result(),
                   REPOLOCK_OK);
  pair.done();
}

void tells_waiters_their_place(void **) {
  Pair pair;
  pair.one.acquire("a/b", lease_id(1), {.holder = "first"});
  pair.one.acquire("a/b", lease_id(2), {.holder = "second"});
  const auto third = pair.two.acquire("a/b", lease_id(3), {.holder = "third"});
  auto rows = pair.two.waiting(third);
  assert_int_equal(rows.size(), 2);
  assert_string_equal(rows[0].holder.c_str(), "first");
  assert_int_equal(rows[1].row, REPOLOCK_ROW_WAITER);
  assert_string_equal(rows[1].holder.c_str(), "third");
  assert_int_equal(rows[1].place, 2);

  pair.one.release("a/b", lease_id(1));
  rows = pair.two.waiting(third);
  assert_string_equal(rows[0].holder.c_str(), "second");
  assert_int_equal(rows[1].place, 1);
  // Nothing has changed for it when others come, or the holder renews.
  const size_t told = pair.two.waitings().size();
  pair.one.acquire("a/b", lease_id(4));
  pair.one.extend("a/b", lease_id(2));
  assert_int_equal(pair.two.waitings().size(), told);
  pair.done();
}

void shares(void **) {
  Pair pair;
  const auto first = pair.one.acquire("a/b", lease_id(1));
  const auto reader = pair.one.acquire("a/b", lease_id(2), {.shared = true});
  const auto other_reader = pair.two.acquire("a/b", lease_id(3), {.shared = true});
  const auto writer = pair.two.acquire("a/b", lease_id(4));
  const auto late_reader = pair.one.acquire("a/b", lease_id(5), {.shared = true});
  assert_false(pair.one.answered(reader));

  pair.one.release("a/b", lease_id(1));
  assert_int_equal(pair.one.answer(reader).result(), REPOLOCK_OK);
  assert_int_equal(pair.two.answer(other_reader).result(), REPOLOCK_OK);
  // A reader that came after a waiting writer waits behind it.
  assert_false(pair.one.answered(late_reader));
  assert_int_equal(pair.one.answer(reader).grant().fence, pair.one.answer(first).grant().fence);

  pair.one.release("a/b", lease_id(2));
  assert_false(pair.two.answered(writer));
  pair.two.release("a/b", lease_id(3));
  assert_int_equal(pair.two.answer(writer).result(), REPOLOCK_OK);
  assert_int_equal(pair.two.answer(writer).grant().fence, 2);
  assert_false(pair.one.answered(late_reader));
  pair.two.release("a/b", lease_id(4));
  assert_int_equal(pair.one.answer(late_reader).grant().fence, 2);
  pair.done();
}

void a_shared_lease_has_a_fence_before_any_exclusive_one(void **) {
  Pair pair;
  const auto reader = pair.one.acquire("a/b", lease_id(1), {.shared = true});
  assert_int_equal(pair.one.answer(reader).grant().fence, 1);
  pair.one.release("a/b", lease_id(1));
  const auto writer = pair.one.acquire("a/b", lease_id(2));
  assert_int_equal(pair.one.answer(writer).grant().fence, 2);
  pair.done();
}

void grants_at_the_end_of_the_ttl(void **) {
  Pair pair;
  pair.one.acquire("a/b", lease_id(1), {.ttl_ms = 1'000});
  const auto next = pair.two.acquire("a/b", lease_id(2));
  pair.clock.advance(999);
  assert_false(pair.two.answered(next));
  pair.clock.advance(1);
  assert_int_equal(pair.two.answer(next).result(), REPOLOCK_OK);
  assert_int_equal(pair.two.answer(next).grant().previous, REPOLOCK_PREVIOUS_EXPIRED);
  assert_int_equal(pair.two.answer(next).grant().fence, 2);

  const auto &late = pair.one.answer(pair.one.extend("a/b", lease_id(1)));
  assert_int_equal(late.result(), REPOLOCK_E_LOST);
  assert_int_equal(late.grant().reason, REPOLOCK_LOST_EXPIRED);
  assert_true(pair.one.revocations().empty());
  pair.done();
}

void a_shorter_ttl_brings_the_alarm_forward(void **) {
  Pair pair;
  pair.one.acquire("a/b", lease_id(1));
  pair.one.acquire("a/b", lease_id(2), {.ttl_ms = 100});
  const auto last = pair.two.acquire("a/b", lease_id(3));
  pair.clock.advance(5'000);
  pair.one.release("a/b", lease_id(1));
  pair.clock.advance(100);
  assert_int_equal(pair.two.answer(last).result(), REPOLOCK_OK);
  // So does a renewal for less than was left.
  const auto after_it = pair.one.acquire("a/b", lease_id(4));
  pair.two.extend("a/b", lease_id(3), 50);
  pair.clock.advance(50);
  assert_int_equal(pair.one.answer(after_it).result(), REPOLOCK_OK);
  pair.done();
}

void what_has_run_out_is_gone_though_nobody_waited(void **) {
  Pair pair;
  pair.one.acquire("a/b", lease_id(1), {.ttl_ms = 1'000});
  pair.clock.advance(1'000);
  assert_int_equal(pair.one.answer(pair.one.extend("a/b", lease_id(1))).result(), REPOLOCK_E_LOST);
  const auto next = pair.two.acquire("a/b", lease_id(2), {.wait = false});
  assert_int_equal(pair.two.answer(next).grant().previous, REPOLOCK_PREVIOUS_EXPIRED);
  pair.done();
}

void extends_many_at_once(void **) {
  Pair pair;
  for (const size_t padding : {size_t{0}, size_t{24}}) {
    pair.one.pad_claims(padding);
    pair.one.acquire("a/b", lease_id(1));
    pair.one.acquire("a/c", lease_id(1));
    pair.clock.advance(20'000);
    const auto id =
        pair.one.submit(REPOLOCK_REQUEST_EXTEND, {{"a/b", lease_id(1), false, 1, kTtl},
                                                  {"a/none", lease_id(1), false, 1, kTtl},
                                                  {"a/c", lease_id(1), false, 1, 2 * kTtl}});
    const auto &grants = pair.one.answer(id).grants;
    assert_int_equal(grants.size(), 3);
    assert_int_equal(grants[0].status, REPOLOCK_OK);
    assert_int_equal(grants[0].valid_until_ms, pair.clock.now() + kTtl);
    assert_int_equal(grants[1].status, REPOLOCK_E_LOST);
    assert_int_equal(grants[1].reason, REPOLOCK_LOST_DATA);
    assert_int_equal(grants[2].valid_until_ms, pair.clock.now() + 2 * kTtl);
    const auto released =
        pair.one.submit(REPOLOCK_REQUEST_RELEASE, {{"a/b", lease_id(1)}, {"a/c", lease_id(1)}});
    assert_int_equal(pair.one.answer(released).grants.size(), 2);
    assert_int_equal(pair.one.answer(released).grants[1].status, REPOLOCK_OK);
  }
  pair.done();
}

void a_release_says_how_it_ended(void **) {
  Pair pair;
  pair.one.acquire("a/b", lease_id(1));
  const auto next = pair.two.acquire("a/b", lease_id(2));
  pair.one.release("a/b", lease_id(1), 1, REPOLOCK_PREVIOUS_CRASHED);
  assert_int_equal(pair.two.answer(next).grant().previous, REPOLOCK_PREVIOUS_CRASHED);
  // Once more: it has gone, and the new holder is left alone.
  assert_int_equal(pair.one.answer(pair.one.release("a/b", lease_id(1))).result(), REPOLOCK_E_LOST);
  assert_int_equal(pair.two.answer(pair.two.extend("a/b", lease_id(2))).result(), REPOLOCK_OK);
  pair.done();
}

void breaks(void **) {
  Pair pair;
  pair.one.acquire("a/b", lease_id(1));
  const auto next = pair.two.acquire("a/b", lease_id(2));
  const auto wrong = pair.two.break_lease("a/b", lease_id(2));
  assert_int_equal(pair.two.answer(wrong).result(), REPOLOCK_E_LOST);
  assert_false(pair.two.answered(next));

  const auto right = pair.two.break_lease("a/b", lease_id(1));
  assert_int_equal(pair.two.answer(right).result(), REPOLOCK_OK);
  assert_int_equal(pair.two.answer(next).grant().previous, REPOLOCK_PREVIOUS_BROKEN);
  assert_int_equal(pair.two.answer(next).grant().fence, 2);
  const auto revoked = pair.one.revocations();
  assert_int_equal(revoked.size(), 1);
  assert_string_equal(revoked[0].repo.c_str(), "a/b");
  assert_string_equal(revoked[0].lease_id.c_str(), lease_id(1).c_str());
  assert_int_equal(revoked[0].reason, REPOLOCK_LOST_BROKEN);
  const auto &late = pair.one.answer(pair.one.extend("a/b", lease_id(1)));
  assert_int_equal(late.grant().reason, REPOLOCK_LOST_BROKEN);
  assert_true(pair.two.revocations().empty());
  pair.done();
}

void inspects_one_and_all(void **) {
  Pair pair;
  pair.one.acquire("a/b", lease_id(1), {.holder = "writer"});
  pair.clock.advance(100);
  pair.two.acquire("a/b", lease_id(2), {.shared = true, .holder = "reader"});
  pair.two.acquire("a/c", lease_id(3));
  pair.clock.advance(50);

  const auto &one = pair.two.answer(pair.two.inspect("a/b"));
  assert_int_equal(one.status, REPOLOCK_OK);
  assert_int_equal(one.rows.size(), 2);
  const Row &holder = one.rows[0];
  assert_int_equal(holder.row, REPOLOCK_ROW_HOLDER);
  assert_string_equal(holder.repo.c_str(), "a/b");
  assert_string_equal(holder.lease_id.c_str(), lease_id(1).c_str());
  assert_string_equal(holder.host.c_str(), "test-host");
  assert_true(holder.pid > 0);
  assert_int_equal(holder.fence, 1);
  assert_int_equal(holder.shared, 0);
  assert_int_equal(holder.age_ms, 150);
  assert_int_equal(holder.remaining_ms, kTtl - 150);
  const Row &waiter = one.rows[1];
  assert_int_equal(waiter.row, REPOLOCK_ROW_WAITER);
  assert_int_equal(waiter.place, 1);
  assert_int_equal(waiter.shared, 1);
  assert_int_equal(waiter.age_ms, 50);

  const auto &all = pair.one.answer(pair.one.inspect());
  assert_int_equal(all.rows.size(), 3);
  assert_string_equal(all.rows[2].repo.c_str(), "a/c");
  assert_true(pair.one.answer(pair.one.inspect("no/body")).rows.empty());
  // A snapshot shows nobody whose time is over.
  pair.clock.advance(kTtl);
  assert_true(pair.one.answer(pair.one.inspect("a/c")).rows.empty());
  pair.done();
}

void diagnoses(void **) {
  Pair pair;
  const auto &answer = pair.one.answer(pair.one.diagnose());
  assert_int_equal(answer.rows.size(), 1);
  assert_int_equal(answer.rows[0].row, REPOLOCK_ROW_NODE);
  assert_string_equal(answer.rows[0].status.c_str(), "OK");
  assert_string_equal(answer.rows[0].host.c_str(), pair.url.c_str());
  pair.done();
}

void cancels_who_waits(void **) {
  Pair pair;
  const auto held = pair.one.acquire("a/b", lease_id(1));
  const auto gone = pair.one.acquire("a/b", lease_id(2));
  const auto stays = pair.two.acquire("a/b", lease_id(3));
  pair.one.cancel(gone);
  assert_int_equal(pair.one.answer(gone).status, REPOLOCK_E_CANCELED);
  pair.settle();
  assert_int_equal(pair.two.waiting(stays).back().place, 1);
  pair.one.cancel(held);
  pair.one.cancel(12345);
  pair.one.release("a/b", lease_id(1));
  assert_int_equal(pair.two.answer(stays).result(), REPOLOCK_OK);
  pair.done();
}

void a_reader_behind_a_writer_that_gave_up_goes_in(void **) {
  Pair pair;
  pair.one.acquire("a/b", lease_id(1), {.shared = true});
  const auto writer = pair.one.acquire("a/b", lease_id(2));
  const auto reader = pair.two.acquire("a/b", lease_id(3), {.shared = true});
  pair.one.cancel(writer);
  pair.settle();
  assert_int_equal(pair.two.answer(reader).result(), REPOLOCK_OK);
  pair.done();
}

void a_closed_client_waits_no_more_and_holds_to_its_ttl(void **) {
  Pair pair;
  BackendDriver third(&pair.clock);
  assert_int_equal(third.open(init, pair.url), REPOLOCK_OK);
  third.acquire("a/b", lease_id(1), {.ttl_ms = 1'000});
  const auto second = pair.one.acquire("a/b", lease_id(2));
  third.acquire("a/b", lease_id(3));
  const auto last = pair.two.acquire("a/b", lease_id(4));
  third.close();
  assert_no_violations(third);
  assert_false(pair.one.answered(second));
  pair.clock.advance(1'000);
  assert_int_equal(pair.one.answer(second).grant().previous, REPOLOCK_PREVIOUS_EXPIRED);
  assert_int_equal(pair.two.waiting(last).back().place, 1);
  pair.one.release("a/b", lease_id(2));
  assert_int_equal(pair.two.answer(last).result(), REPOLOCK_OK);
  pair.done();
}

void a_reader_behind_a_closed_writer_goes_in(void **) {
  Pair pair;
  pair.two.acquire("a/b", lease_id(1), {.shared = true});
  pair.one.acquire("a/b", lease_id(2));
  const auto reader = pair.two.acquire("a/b", lease_id(3), {.shared = true});
  pair.one.close();
  pair.settle();
  assert_int_equal(pair.two.answer(reader).result(), REPOLOCK_OK);
  pair.done();
}

void what_is_late_has_no_effect(void **) {
  Pair pair;
  pair.one.acquire("a/b", lease_id(1));
  const auto deadline = pair.clock.now() + 200;
  const auto patient = pair.two.acquire("a/b", lease_id(2), {.deadline_ms = deadline});
  pair.clock.advance(200);
  assert_false(pair.two.answered(patient));
  pair.clock.advance(1);
  assert_int_equal(pair.two.answer(patient).status, REPOLOCK_E_TIMEOUT);
  assert_int_equal(pair.two.answer(patient).rows.size(), 1);
  pair.one.release("a/b", lease_id(1));

  const auto late = pair.two.acquire("a/b", lease_id(3), {.deadline_ms = deadline});
  assert_int_equal(pair.two.answer(late).status, REPOLOCK_E_TIMEOUT);
  pair.one.acquire("a/b", lease_id(4));
  for (const int32_t kind : {REPOLOCK_REQUEST_EXTEND, REPOLOCK_REQUEST_BREAK}) {
    const auto id = pair.one.submit(kind, {{"a/b", lease_id(4), false, 2, 2 * kTtl}},
                                    {.deadline_ms = deadline});
    assert_int_equal(pair.one.answer(id).status, REPOLOCK_E_TIMEOUT);
  }
  const auto &rows = pair.one.answer(pair.one.inspect("a/b")).rows;
  assert_int_equal(rows.size(), 1);
  assert_int_equal(rows[0].remaining_ms, kTtl);
  pair.done();
}

void who_asks_again_keeps_what_it_has(void **) {
  Pair pair;
  const auto first = pair.one.acquire("a/b", lease_id(1));
  const auto again = pair.one.acquire("a/b", lease_id(1));
  assert_int_equal(pair.one.answer(again).grant().fence, pair.one.answer(first).grant().fence);

  const auto waits = pair.two.acquire("a/b", lease_id(2));
  pair.one.acquire("a/b", lease_id(3));
  const auto still = pair.two.acquire("a/b", lease_id(2));
  assert_int_equal(pair.two.answer(waits).status, REPOLOCK_E_CANCELED);
  assert_int_equal(pair.two.waiting(still).back().place, 1);
  // A release of what waits only takes it out of the queue.
  assert_int_equal(pair.two.answer(pair.two.release("a/b", lease_id(2))).result(), REPOLOCK_OK);
  assert_int_equal(pair.two.answer(still).status, REPOLOCK_E_CANCELED);
  pair.done();
}

void stores_are_apart(void **) {
  FakeClock clock;
  BackendDriver own(&clock), other(&clock), named(&clock);
  assert_int_equal(own.open(init, "memory:"), REPOLOCK_OK);
  assert_int_equal(other.open(init, "memory:"), REPOLOCK_OK);
  assert_int_equal(named.open(init, fresh_store()), REPOLOCK_OK);
  for (auto *driver : {&own, &other, &named}) {
    assert_int_equal(driver->answer(driver->acquire("a/b", lease_id(1))).result(), REPOLOCK_OK);
  }
}

void a_named_store_outlives_its_clients(void **) {
  FakeClock clock;
  const auto url = fresh_store();
  {
    BackendDriver first(&clock);
    assert_int_equal(first.open(init, url), REPOLOCK_OK);
    first.acquire("a/b", lease_id(1));
  }
  BackendDriver second(&clock);
  assert_int_equal(second.open(init, url), REPOLOCK_OK);
  const auto id = second.acquire("a/b", lease_id(2));
  assert_false(second.answered(id));
  clock.advance(kTtl);
  assert_int_equal(second.answer(id).grant().fence, 2);
}

void says_what_is_wrong_with_a_url(void **) {
  const std::string too_long = "memory:" + std::string(65, 'x');
  for (const std::string &url :
       {std::string("memory:a/b"), std::string("memory://x"), std::string("memory: "),
        std::string("memo:"), std::string(), too_long}) {
    BackendDriver driver;
    assert_int_equal(driver.open(init, url), REPOLOCK_E_INVALID);
    assert_true(driver.open_error().find("\"" + url.substr(0, 100) + "\"") != std::string::npos);
    assert_true(driver.open_error().find("write memory:") != std::string::npos);
    assert_no_violations(driver);
  }
  BackendDriver driver;
  assert_int_equal(driver.open(init, "memory:", {{"memory.size", "1"}}), REPOLOCK_E_INVALID);
  assert_true(driver.open_error().find("memory.size") != std::string::npos);
  assert_true(driver.open_error().find("memory.fault") != std::string::npos);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(claims_what_holds),
      cmocka_unit_test(grants_what_is_free),
      cmocka_unit_test(hands_over_in_order),
      cmocka_unit_test(refuses_who_does_not_wait),
      cmocka_unit_test(tells_waiters_their_place),
      cmocka_unit_test(shares),
      cmocka_unit_test(a_shared_lease_has_a_fence_before_any_exclusive_one),
      cmocka_unit_test(grants_at_the_end_of_the_ttl),
      cmocka_unit_test(a_shorter_ttl_brings_the_alarm_forward),
      cmocka_unit_test(what_has_run_out_is_gone_though_nobody_waited),
      cmocka_unit_test(extends_many_at_once),
      cmocka_unit_test(a_release_says_how_it_ended),
      cmocka_unit_test(breaks),
      cmocka_unit_test(inspects_one_and_all),
      cmocka_unit_test(diagnoses),
      cmocka_unit_test(cancels_who_waits),
      cmocka_unit_test(a_reader_behind_a_writer_that_gave_up_goes_in),
      cmocka_unit_test(a_closed_client_waits_no_more_and_holds_to_its_ttl),
      cmocka_unit_test(a_reader_behind_a_closed_writer_goes_in),
      cmocka_unit_test(what_is_late_has_no_effect),
      cmocka_unit_test(who_asks_again_keeps_what_it_has),
      cmocka_unit_test(stores_are_apart),
      cmocka_unit_test(a_named_store_outlives_its_clients),
      cmocka_unit_test(says_what_is_wrong_with_a_url),
  };
  return cmocka_run_group_tests_name("memory_backend", tests, nullptr, nullptr);
}
