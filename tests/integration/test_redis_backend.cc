// The Redis backend on a real redis-server of its own, two clients in one process: what plugin.h asks
// of it, without the library.
#include "backend/redis/redis.h"

#include <cstdlib>
#include <string>
#include <vector>

#include "support/backend_driver.h"
#include "support/raw_redis.h"
#include "support/redis_server.h"

#include "support/cmocka.h"
#include "support/run_on_redis.h"

namespace {

using namespace repolock::testing;
using repolock::backend::redis::init;

struct Pair {
  // before: a command of the server's, before the two come.
  explicit Pair(const std::vector<std::string> &before = {"PING"}) : raw(server) {
    assert_false(raw.text(before).starts_with("-"));
    assert_int_equal(one.open(init, url()), REPOLOCK_OK);
    assert_int_equal(two.open(init, url()), REPOLOCK_OK);
  }
  std::string url() const { return "redis+unix://" + server.path(); }
  void done() {
    one.close();
    two.close();
    assert_no_violations(one);
    assert_no_violations(two);
  }

  RedisServer server;
  RawRedis raw;
  BackendDriver one, two;
};

const Grant &granted(BackendDriver &driver, uint64_t id) {
  const Answer &answer = driver.await(id);
  if (answer.result() != REPOLOCK_OK) print_error("%s\n", answer.message.c_str());
  assert_int_equal(answer.result(), REPOLOCK_OK);
  return answer.grant();
}

void assert_refused(BackendDriver &driver, uint64_t id, repolock_status_t status,
                    const std::string &word) {
  const Answer &answer = driver.await(id);
  const std::string message = answer.message.empty() ? answer.grant().message : answer.message;
  if (answer.result() != status || message.find(word) == std::string::npos)
    print_error("%d: %s\n", answer.result(), message.c_str());
  assert_int_equal(answer.result(), status);
  assert_true(message.find(word) != std::string::npos);
}

// Until the backend has said that it waits in that place.
void in_place(BackendDriver &driver, uint64_t id, int64_t place) {
  assert_true(driver.run_until([&] {
    const auto rows = driver.waiting(id);
    return !rows.empty() && rows.back().place == place;
  }));
}

void claims_what_holds(void **) {
  Pair pair;
  const uint64_t expected = uint64_t{REPOLOCK_CAN_WAIT} | REPOLOCK_CAN_FIFO | REPOLOCK_CAN_FENCE |
                            REPOLOCK_CAN_SHARE | REPOLOCK_CAN_SEVERAL | REPOLOCK_CAN_INSPECT |
                            REPOLOCK_CAN_LIST | REPOLOCK_CAN_BREAK;
  assert_int_equal(pair.one.capabilities(), expected);
  assert_null(init(nullptr, REPOLOCK_PLUGIN_ABI + 1));
  pair.done();
}

void grants_what_is_free(void **) {
  Pair pair;
  const int64_t before = pair.one.now();
  const Grant &first = granted(pair.one, pair.one.acquire("a/b", lease_id(1)));
  assert_true(first.fence > 0 && first.fence < uint64_t{1} << 53);
  assert_int_equal(first.previous, REPOLOCK_PREVIOUS_NONE);
  assert_int_equal(first.inherit_fd, -1);
  assert_true(first.valid_until_ms >= before + 29'698);
  assert_true(first.valid_until_ms <= pair.one.now() + 29'698);
  granted(pair.two, pair.two.acquire("a/c", lease_id(2)));  // another name is another lock
  granted(pair.one, pair.one.release("a/b", lease_id(1), first.fence));
  assert_string_equal(pair.raw.text({"GET", "repolock:{a/b}"}).c_str(), "");
  const Grant &second = granted(pair.two, pair.two.acquire("a/b", lease_id(3)));
  assert_true(second.fence > first.fence + 1);  // the release took one
  assert_int_equal(second.previous, REPOLOCK_PREVIOUS_RELEASED);
  pair.done();
}

void a_try_is_told_who_holds(void **) {
  Pair pair;
  granted(pair.one, pair.one.acquire("a/b", lease_id(1), {.holder = "job 1"}));
  const Answer &refused = pair.two.await(pair.two.acquire("a/b", lease_id(2), {.wait = false}));
  assert_int_equal(refused.status, REPOLOCK_E_HELD);
  assert_int_equal(refused.rows.size(), 1);
  assert_int_equal(refused.rows[0].row, REPOLOCK_ROW_HOLDER);
  assert_string_equal(refused.rows[0].holder.c_str(), "job 1");
  assert_string_equal(refused.rows[0].lease_id.c_str(), lease_id(1).c_str());
  assert_true(refused.rows[0].remaining_ms > 0 && refused.rows[0].remaining_ms <= 30'000);
  assert_true(refused.rows[0].age_ms >= 0);
  assert_int_equal(pair.raw.number({"EXISTS", "repolock:{a/b}:q"}), 0);
  pair.done();
}

void hands_over_in_order(void **) {
  Pair pair;
  const auto driver = [&](uint64_t i) -> BackendDriver & { return i % 3 ? pair.one : pair.two; };
  std::vector<uint64_t> ids(8);
  for (uint64_t i = 0; i < ids.size(); ++i) {
    ids[i] = driver(i).acquire("a/b", lease_id(i));
    if (i == 0)
      granted(driver(i), ids[i]);
    else
      in_place(driver(i), ids[i], static_cast<int64_t>(i));
  }
  uint64_t fence = 0;
  for (uint64_t i = 0; i < ids.size(); ++i) {
    const Grant &grant = granted(driver(i), ids[i]);
    assert_true(grant.fence > fence);
    assert_int_equal(grant.previous, i == 0 ? REPOLOCK_PREVIOUS_NONE : REPOLOCK_PREVIOUS_RELEASED);
    fence = grant.fence;
    for (uint64_t j = i + 1; j < ids.size(); ++j) assert_false(driver(j).answered(ids[j]));
    granted(driver(i), driver(i).release("a/b", lease_id(i), fence));
  }
  pair.done();
}

void shared_ones_go_together_and_in_order(void **) {
  Pair pair;
  const auto writer = pair.one.acquire("a/b", lease_id(1));
  const uint64_t fence = granted(pair.one, writer).fence;
  const auto reader_1 = pair.two.acquire("a/b", lease_id(2), {.shared = true});
  in_place(pair.two, reader_1, 1);
  const auto reader_2 = pair.one.acquire("a/b", lease_id(3), {.shared = true});
  in_place(pair.one, reader_2, 2);
  const auto next_writer = pair.one.acquire("a/b", lease_id(4));
  in_place(pair.one, next_writer, 3);
  const auto late_reader = pair.two.acquire("a/b", lease_id(5), {.shared = true});
  in_place(pair.two, late_reader, 4);

  granted(pair.one, pair.one.release("a/b", lease_id(1), fence));
  const uint64_t shared_fence = granted(pair.two, reader_1).fence;
  assert_true(shared_fence > fence);
  assert_int_equal(granted(pair.one, reader_2).fence, shared_fence);
  granted(pair.two, pair.two.extend("a/b", lease_id(2)));
  granted(pair.two, pair.two.release("a/b", lease_id(2)));
  assert_false(pair.one.answered(next_writer));
  granted(pair.one, pair.one.release("a/b", lease_id(3)));
  assert_true(granted(pair.one, next_writer).fence > shared_fence);
  granted(pair.one, pair.one.release("a/b", lease_id(4)));
  granted(pair.two, late_reader);
  pair.done();
}

void who_cancels_leaves_the_queue(void **) {
  Pair pair;
  granted(pair.one, pair.one.acquire("a/b", lease_id(1)));
  const auto first = pair.two.acquire("a/b", lease_id(2));
  in_place(pair.two, first, 1);
  const auto second = pair.two.acquire("a/b", lease_id(3));
  in_place(pair.two, second, 2);
  pair.two.cancel(first);
  assert_int_equal(pair.two.answer(first).result(), REPOLOCK_E_CANCELED);
  in_place(pair.two, second, 1);  // it is told
  granted(pair.one, pair.one.release("a/b", lease_id(1)));
  granted(pair.two, second);
  pair.two.cancel(second);  // over already
  assert_int_equal(pair.raw.number({"EXISTS", "repolock:{a/b}:q", "repolock:{a/b}:w"}), 0);
  pair.done();
}

void canceled_before_it_was_even_sent(void **) {
  Pair pair;
  const auto id = pair.one.acquire("a/b", lease_id(1));
  pair.one.cancel(id);
  assert_int_equal(pair.one.answer(id).result(), REPOLOCK_E_CANCELED);
  granted(pair.two, pair.two.acquire("a/b", lease_id(2)));
  const auto behind = pair.one.acquire("a/b", lease_id(3));
  pair.one.turn(0);  // it may be on its way now
  pair.one.cancel(behind);
  granted(pair.two, pair.two.release("a/b", lease_id(2)));
  granted(pair.one, pair.one.acquire("a/b", lease_id(4), {.wait = false}));
  pair.done();
}

void waits_no_longer_than_it_may(void **) {
  Pair pair;
  granted(pair.one, pair.one.acquire("a/b", lease_id(1)));
  const auto id = pair.two.acquire("a/b", lease_id(2), {.deadline_ms = pair.two.now() + 50});
  assert_refused(pair.two, id, REPOLOCK_E_TIMEOUT, "a/b");
  assert_int_equal(pair.two.answer(id).rows.size(), 2);
  // Its REL went before this.
  granted(pair.two, pair.two.acquire("a/c", lease_id(3)));
  assert_int_equal(pair.raw.number({"EXISTS", "repolock:{a/b}:q"}), 0);
  pair.done();
}

void many_are_kept_in_one_call(void **) {
  Pair pair;
  std::vector<Claim> claims;
  for (uint64_t i = 0; i < 50; ++i) {
    const std::string repo = "a/" + std::to_string(i);
    granted(pair.one, pair.one.acquire(repo, lease_id(i), {.shared = i % 5 == 0}));
    claims.push_back({repo, lease_id(i), i % 5 == 0, 0, 30'000});
  }
  pair.raw.number({"DEL", "repolock:{a/7}:f", "repolock:{a/10}:r"});
  pair.raw.text({"SET", "repolock:{a/8}", "not one of ours"});
  const Answer &answer = pair.one.await(pair.one.submit(REPOLOCK_REQUEST_EXTEND, claims));
  assert_int_equal(answer.grants.size(), 50);
  for (size_t i = 0; i < answer.grants.size(); ++i) {
    const Grant &grant = answer.grants[i];
    const int32_t reason = i == 7    ? REPOLOCK_LOST_DATA
                           : i == 8  ? REPOLOCK_LOST_STOLEN
                           : i == 10 ? REPOLOCK_LOST_EXPIRED
                                     : 0;
    assert_int_equal(grant.status, reason == 0 ? REPOLOCK_OK : REPOLOCK_E_LOST);
    if (reason != 0) assert_int_equal(grant.reason, reason);
    if (reason == 0) assert_true(grant.valid_until_ms > pair.one.now());
  }
  pair.done();
}

// L alone may go (an eviction, a DEL by hand): the fence shows that nobody had it since.
void a_lock_that_was_deleted_is_repaired_by_its_holder(void **) {
  Pair pair;
  granted(pair.one, pair.one.acquire("a/b", lease_id(1)));
  pair.raw.number({"DEL", "repolock:{a/b}"});
  granted(pair.one, pair.one.extend("a/b", lease_id(1)));
  assert_refused(pair.two, pair.two.acquire("a/b", lease_id(2), {.wait = false}), REPOLOCK_E_HELD,
                 "");
  pair.raw.number({"DEL", "repolock:{a/b}"});
  granted(pair.two, pair.two.acquire("a/b", lease_id(3)));
  const Answer &lost = pair.one.await(pair.one.extend("a/b", lease_id(1)));
  assert_int_equal(lost.grant().status, REPOLOCK_E_LOST);
  assert_int_equal(lost.grant().reason, REPOLOCK_LOST_STOLEN);
  assert_int_equal(pair.one.await(pair.one.release("a/b", lease_id(1))).grant().status,
                   REPOLOCK_E_LOST);
  granted(pair.two, pair.two.extend("a/b", lease_id(3)));  // the release was of the other one
  pair.done();
}

void a_break_ends_what_was_seen(void **) {
  Pair pair;
  const uint64_t fence = granted(pair.one, pair.one.acquire("a/b", lease_id(1))).fence;
  const auto waiter = pair.two.acquire("a/b", lease_id(2));
  in_place(pair.two, waiter, 1);
  granted(pair.two, pair.two.break_lease("a/b", lease_id(1)));
  assert_true(pair.one.run_until([&] { return !pair.one.revocations().empty(); }));
  assert_string_equal(pair.one.revocations()[0].repo.c_str(), "a/b");
  assert_string_equal(pair.one.revocations()[0].lease_id.c_str(), lease_id(1).c_str());
  assert_int_equal(pair.one.revocations()[0].reason, REPOLOCK_LOST_BROKEN);
  const Grant &next = granted(pair.two, waiter);
  assert_int_equal(next.previous, REPOLOCK_PREVIOUS_BROKEN);
  assert_true(next.fence > fence);
  assert_int_equal(pair.two.await(pair.two.break_lease("a/b", lease_id(1))).result(),
                   REPOLOCK_E_LOST);
  const auto shared = pair.one.acquire("a/c", lease_id(3), {.shared = true});
  granted(pair.one, shared);
  granted(pair.two, pair.two.break_lease("a/c", lease_id(3)));
  assert_int_equal(pair.one.await(pair.one.extend("a/c", lease_id(3))).grant().status,
                   REPOLOCK_E_LOST);
  pair.done();
}

void a_break_is_heard_by_who_was_cut_off_from_its_messages(void **) {
  Pair pair;
  granted(pair.one, pair.one.acquire("a/b", lease_id(1)));
  granted(pair.one, pair.one.acquire("a/c", lease_id(2)));
  assert_true(pair.one.run_until([&] {  // it listens
    return pair.raw.number({"CLIENT", "KILL", "TYPE", "pubsub"}) > 0;
  }));
  granted(pair.two, pair.two.break_lease("a/b", lease_id(1)));
  assert_true(pair.one.run_until([&] { return !pair.one.revocations().empty(); }));
  assert_int_equal(pair.one.revocations().size(), 1);
  assert_string_equal(pair.one.revocations()[0].lease_id.c_str(), lease_id(1).c_str());
  granted(pair.one, pair.one.extend("a/c", lease_id(2)));
  pair.done();
}

void shows_who_holds_and_who_waits(void **) {
  Pair pair;
  granted(pair.one, pair.one.acquire("a/b", lease_id(1), {.holder = "first"}));
  const auto waiter = pair.two.acquire("a/b", lease_id(2), {.holder = "second"});
  in_place(pair.two, waiter, 1);
  granted(pair.one, pair.one.acquire("a/c d*[", lease_id(3), {.shared = true}));
  granted(pair.two, pair.two.acquire("a/c d*[", lease_id(4), {.shared = true}));
  granted(pair.one, pair.one.acquire("a/over", lease_id(5)));
  granted(pair.one, pair.one.release("a/over", lease_id(5)));

  const Answer &of_one = pair.one.await(pair.one.inspect("a/b"));
  assert_int_equal(of_one.rows.size(), 2);
  assert_int_equal(of_one.rows[0].row, REPOLOCK_ROW_HOLDER);
  assert_string_equal(of_one.rows[0].holder.c_str(), "first");
  assert_true(of_one.rows[0].fence > 0);
  assert_int_equal(of_one.rows[1].row, REPOLOCK_ROW_WAITER);
  assert_string_equal(of_one.rows[1].holder.c_str(), "second");
  assert_int_equal(of_one.rows[1].place, 1);

  const Answer &all = pair.two.await(pair.two.inspect());
  assert_int_equal(all.rows.size(), 4);
  size_t shared = 0;
  for (const Row &row : all.rows) shared += row.repo == "a/c d*[" && row.shared == 1 ? 1 : 0;
  assert_int_equal(shared, 2);
  assert_int_equal(pair.two.await(pair.two.inspect("no/body")).rows.size(), 0);
  pair.done();
}

void what_others_have_written_is_a_lock_of_theirs(void **) {
  Pair pair;
  pair.raw.text({"SET", "repolock:{a/b}", "theirs", "PX", "300"});
  const Answer &refused = pair.one.await(pair.one.acquire("a/b", lease_id(1), {.wait = false}));
  assert_int_equal(refused.status, REPOLOCK_E_HELD);
  assert_string_equal(refused.rows[0].holder.c_str(), "theirs (another library's lock)");
  granted(pair.two, pair.two.acquire("a/b", lease_id(2)));  // when it has run out
  pair.raw.number({"RPUSH", "repolock:{a/list}", "x"});
  assert_refused(pair.one, pair.one.acquire("a/list", lease_id(3)), REPOLOCK_E_MISCONFIGURED,
                 "unix:" + pair.server.path());
  pair.done();
}

void a_server_that_forgot_the_scripts_is_told_them_again(void **) {
  Pair pair;
  granted(pair.one, pair.one.acquire("a/b", lease_id(1)));
  const auto waiter = pair.two.acquire("a/b", lease_id(2));
  in_place(pair.two, waiter, 1);
  pair.raw.text({"SCRIPT", "FLUSH"});
  granted(pair.one, pair.one.extend("a/b", lease_id(1)));
  granted(pair.one, pair.one.release("a/b", lease_id(1)));
  granted(pair.two, waiter);
  pair.raw.text({"SCRIPT", "FLUSH"});
  // The release is behind the acquire, which the server has not understood yet.
  const auto id = pair.one.acquire("a/c", lease_id(3));
  pair.one.cancel(id);
  granted(pair.two, pair.two.acquire("a/c", lease_id(4)));
  pair.done();
}

void without_messages_it_takes_longer(void **) {
  Pair pair({"ACL", "SETUSER", "default", "-publish", "-subscribe"});
  granted(pair.one, pair.one.acquire("a/b", lease_id(1)));
  const auto waiter = pair.two.acquire("a/b", lease_id(2));
  in_place(pair.two, waiter, 1);
  granted(pair.one, pair.one.release("a/b", lease_id(1)));
  granted(pair.two, waiter);
  assert_false(pair.two.logs().empty());
  assert_true(pair.two.logs()[0].message.find("SUBSCRIBE") != std::string::npos ||
              pair.two.logs()[0].message.find("subscribe") != std::string::npos);
  pair.done();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(claims_what_holds),
      cmocka_unit_test(grants_what_is_free),
      cmocka_unit_test(a_try_is_told_who_holds),
      cmocka_unit_test(hands_over_in_order),
      cmocka_unit_test(shared_ones_go_together_and_in_order),
      cmocka_unit_test(who_cancels_leaves_the_queue),
      cmocka_unit_test(canceled_before_it_was_even_sent),
      cmocka_unit_test(waits_no_longer_than_it_may),
      cmocka_unit_test(many_are_kept_in_one_call),
      cmocka_unit_test(a_lock_that_was_deleted_is_repaired_by_its_holder),
      cmocka_unit_test(a_break_ends_what_was_seen),
      cmocka_unit_test(a_break_is_heard_by_who_was_cut_off_from_its_messages),
      cmocka_unit_test(shows_who_holds_and_who_waits),
      cmocka_unit_test(what_others_have_written_is_a_lock_of_theirs),
      cmocka_unit_test(a_server_that_forgot_the_scripts_is_told_them_again),
      cmocka_unit_test(without_messages_it_takes_longer),
  };
  return run_on_redis(tests);
}
