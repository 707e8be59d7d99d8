// What went wrong in other locks over Redis does not here, on one server and on three: the table is in
// docs/guarantees.md, "What went wrong elsewhere". Two clients in one process.
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backend/redis/redis.h"
#include "support/backend_driver.h"
#include "support/raw_redis.h"
#include "support/redis_server.h"

#include "support/cmocka.h"
#include "support/run_on_redis.h"

namespace {

using namespace repolock::testing;
using repolock::backend::redis::init;

constexpr char kLock[] = "repolock:{a/b}", kFence[] = "repolock:{a/b}:f",
               kQueue[] = "repolock:{a/b}:q";

struct Fleet {
  explicit Fleet(size_t count, size_t clients = 2) {
    for (size_t i = 0; i < count; ++i) servers.push_back(std::make_unique<RedisServer>());
    for (const auto &server : servers) raw.emplace_back(*server);
    while (drivers.size() < clients) drivers.emplace_back();
    for (BackendDriver &driver : drivers) assert_int_equal(driver.open(init, url()), REPOLOCK_OK);
    for (BackendDriver &driver : drivers)
      assert_true(run_until([&] { return driver.nodes().size() == count; }));
    granted(one, one.acquire("a/first", lease_id(9000)));  // they know the script from now on
    assert_true(run_until([&] {
      return numbers({"EXISTS", "repolock:{a/first}"}) == static_cast<int64_t>(count);
    }));
  }
  std::string url() const {
    if (servers.size() == 1) return "redis+unix://" + servers[0]->path();
    std::string url = "redis+quorum://";
    for (const auto &server : servers)
      url += (server == servers.front() ? "unix:" : ",unix:") + server->path();
    return url;
  }
  // All clients turn, as processes would.
  bool run_until(const std::function<bool()> &predicate) {
    const int64_t end = one.now() + kGuardMs;
    while (!predicate()) {
      if (one.now() > end) return false;
      for (BackendDriver &driver : drivers) driver.turn(1);
    }
    return true;
  }
  bool run_for(int64_t ms) {
    const int64_t end = one.now() + ms;
    return run_until([&] { return one.now() > end; });
  }
  const Answer &answered(BackendDriver &driver, uint64_t id) {
    assert_true(run_until([&] { return driver.answered(id); }));
    return driver.answer(id);
  }
  const Grant &granted(BackendDriver &driver, uint64_t id) {
    const Answer &answer = answered(driver, id);
    if (answer.result() != REPOLOCK_OK)
      print_error("%s %s\n", answer.message.c_str(), answer.grant().message.c_str());
    assert_int_equal(answer.result(), REPOLOCK_OK);
    return answer.grant();
  }
  void assert_try_is_refused(BackendDriver &driver, uint64_t number, repolock_status_t status) {
    const auto id = driver.acquire("a/b", lease_id(number), {.wait = false});
    assert_int_equal(answered(driver, id).result(), status);
  }
  void in_place(BackendDriver &driver, uint64_t id, int64_t place) {
    assert_true(run_until([&] {
      const auto rows = driver.waiting(id);
      return !rows.empty() && rows.back().place == place;
    }));
  }
  // Sums up what they answer; no server may be down.
  int64_t numbers(const std::vector<std::string> &words) {
    int64_t sum = 0;
    for (RawRedis &each : raw) sum += each.number(words);
    return sum;
  }
  void assert_nothing_is_left() {
    assert_true(run_until([&] { return numbers({"EXISTS", kLock, kQueue}) == 0; }));
  }
  void done() {
    for (BackendDriver &driver : drivers) {
      driver.close();
      assert_no_violations(driver);
    }
  }

  std::vector<std::unique_ptr<RedisServer>> servers;
  std::vector<RawRedis> raw;
  std::deque<BackendDriver> drivers;
  BackendDriver &one = drivers.emplace_back(), &two = drivers.emplace_back();
};

constexpr size_t kCounts[] = {1, 3};

// ---- Asking ----

void half_of_an_even_number_is_refused_at_once_and_left_again(void **) {
  Fleet four(4);
  for (size_t i = 0; i < 2; ++i) four.raw[i].text({"SET", kLock, "theirs"});
  four.assert_try_is_refused(four.one, 1, REPOLOCK_E_HELD);
  assert_true(four.run_until([&] { return four.numbers({"EXISTS", kLock}) == 2; }));
  for (size_t i = 0; i < 2; ++i) four.raw[i].number({"DEL", kLock});
  four.granted(four.one, four.one.acquire("a/b", lease_id(2)));
  four.done();
}

void three_who_ask_three_servers_at_once_all_get_it(void **) {
  Fleet three(3, 3);
  for (uint64_t round = 0; round < 20; ++round) {
    std::vector<uint64_t> ids;
    for (uint64_t i = 0; i < 3; ++i)
      ids.push_back(three.drivers[i].acquire("a/b", lease_id(3 * round + i)));
    for (size_t left = 3; left > 0; --left) {
      const auto holder = [&] {
        for (size_t i = 0; i < 3; ++i)
          if (ids[i] != 0 && three.drivers[i].answered(ids[i])) return i;
        return size_t{3};
      };
      assert_true(three.run_until([&] { return holder() < 3; }));
      const size_t i = holder();
      three.granted(three.drivers[i], ids[i]);
      ids[i] = 0;
      assert_int_equal(holder(), 3);  // one at a time
      three.granted(three.drivers[i], three.drivers[i].release("a/b", lease_id(3 * round + i)));
    }
  }
  three.assert_nothing_is_left();
  three.done();
}

void who_waited_for_longer_than_its_ttl_has_all_of_it(void **) {
  constexpr int64_t kTtl = 200;
  for (const size_t count : kCounts) {
    Fleet fleet(count);
    fleet.granted(fleet.one, fleet.one.acquire("a/b", lease_id(1)));
    const auto waiter = fleet.two.acquire("a/b", lease_id(2), {.ttl_ms = kTtl});
    fleet.in_place(fleet.two, waiter, 1);
    assert_true(fleet.run_for(2 * kTtl));
    const int64_t before = fleet.one.now();
    fleet.granted(fleet.one, fleet.one.release("a/b", lease_id(1)));
    assert_true(fleet.granted(fleet.two, waiter).valid_until_ms > before + kTtl / 2);
    fleet.granted(fleet.two, fleet.two.extend("a/b", lease_id(2), kTtl));
    fleet.done();
  }
}

// That the library takes no such grant is shown in tests/unit/test_acquiring.cc.
void a_reply_later_than_the_ttl_is_told_as_over(void **) {
  constexpr int64_t kTtl = 100;
  for (const size_t count : kCounts) {
    Fleet fleet(count);
    for (const auto &server : fleet.servers) server->stop();
    const auto id = fleet.one.acquire("a/b", lease_id(1), {.ttl_ms = kTtl});
    assert_true(fleet.run_for(2 * kTtl));
    for (const auto &server : fleet.servers) server->resume();
    assert_true(fleet.granted(fleet.one, id).valid_until_ms <= fleet.one.now());
    fleet.granted(fleet.one, fleet.one.release("a/b", lease_id(1)));
    fleet.assert_nothing_is_left();
    fleet.done();
  }
}

// The servers do the ACQ, and cut the connection before its reply has left; or, as it happens, before
// they have read it: then again.
void of_a_lost_reply_nothing_is_left(void **) {
  for (const size_t count : kCounts) {
    for (bool was_done = false; !was_done;) {
      Fleet fleet(count);
      for (const auto &server : fleet.servers) server->stop();
      const auto id = fleet.one.acquire("a/b", lease_id(1));
      while (fleet.one.turn(0)) continue;  // it is on its way
      for (RawRedis &each : fleet.raw) each.send({"CLIENT", "KILL", "TYPE", "normal"});
      for (const auto &server : fleet.servers) server->resume();
      assert_int_equal(fleet.answered(fleet.one, id).result(), REPOLOCK_E_UNKNOWN);
      fleet.raw.clear();
      for (const auto &server : fleet.servers) fleet.raw.emplace_back(*server);
      was_done = fleet.numbers({"EXISTS", kFence}) == static_cast<int64_t>(count);
      fleet.assert_nothing_is_left();
      fleet.done();
    }
  }
}

void who_cancels_leaves_nothing_on_any_server(void **) {
  for (const size_t count : kCounts) {
    Fleet fleet(count);
    for (uint64_t i = 0; i < 40; ++i) {
      const auto id = fleet.one.acquire("a/b", lease_id(i));
      for (uint64_t turn = 0; turn < i % 8; ++turn) fleet.one.turn(0);
      const bool was_granted = fleet.one.answered(id);
      fleet.one.cancel(id);
      const Answer &answer = fleet.answered(fleet.one, id);
      if (was_granted) fleet.granted(fleet.one, fleet.one.release("a/b", lease_id(i)));
      assert_true(was_granted || answer.result() == REPOLOCK_E_CANCELED);
    }
    fleet.assert_nothing_is_left();
    fleet.granted(fleet.two, fleet.two.acquire("a/b", lease_id(99)));
    fleet.done();
  }
}

// ---- Servers ----

void any_one_of_three_may_be_away(void **) {
  for (size_t away = 0; away < 3; ++away) {
    Fleet three(3);
    three.granted(three.one, three.one.acquire("a/b", lease_id(1)));
    three.servers[away]->kill();
    const auto waiter = three.two.acquire("a/b", lease_id(2));
    three.in_place(three.two, waiter, 1);
    three.granted(three.one, three.one.extend("a/b", lease_id(1)));
    three.granted(three.one, three.one.release("a/b", lease_id(1)));
    three.granted(three.two, waiter);
    three.assert_try_is_refused(three.one, 3, REPOLOCK_E_HELD);
    three.done();
  }
}

// Those that lost it do not vote, so the next to be restarted costs the lease, and gives it to nobody.
void servers_that_come_back_empty_one_by_one_give_it_to_nobody(void **) {
  Fleet three(3);
  const uint64_t fence = three.granted(three.one, three.one.acquire("a/b", lease_id(1))).fence;
  const auto restart = [&](size_t i) {
    three.servers[i]->kill();
    assert_true(three.servers[i]->restart());
  };
  restart(0);
  three.granted(three.one, three.one.extend("a/b", lease_id(1), 30'000, fence));
  three.assert_try_is_refused(three.two, 2, REPOLOCK_E_HELD);
  restart(1);
  three.assert_try_is_refused(three.two, 3, REPOLOCK_E_UNAVAILABLE);
  const auto extend = three.one.extend("a/b", lease_id(1), 30'000, fence);
  assert_int_not_equal(three.answered(three.one, extend).result(), REPOLOCK_OK);
  three.done();
}

void a_replica_that_had_not_heard_of_the_lease_gives_it_to_nobody(void **) {
  RedisServer master({"--repl-diskless-sync-delay", "0"}, true), replica({}, true);
  BackendDriver one, two;
  RawRedis raw_master(master), raw_replica(replica);
  assert_int_equal(one.open(init, "redis+unix://" + master.path()), REPOLOCK_OK);
  assert_int_equal(one.await(one.acquire("a/c", lease_id(9))).result(), REPOLOCK_OK);
  raw_replica.text({"REPLICAOF", "127.0.0.1", std::to_string(master.port())});
  assert_true(one.run_until([&] { return raw_replica.number({"EXISTS", "repolock:{a/c}"}) == 1; }));
  raw_replica.text({"REPLICAOF", "NO", "ONE"});  // it hears no more
  assert_int_equal(one.await(one.acquire("a/b", lease_id(1))).result(), REPOLOCK_OK);
  master.kill();
  assert_int_equal(two.open(init, "redis+unix://" + replica.path()), REPOLOCK_OK);
  const Answer &refused = two.await(two.acquire("a/b", lease_id(2), {.wait = false}));
  assert_int_equal(refused.result(), REPOLOCK_E_UNAVAILABLE);
  assert_true(refused.message.find("was restarted") != std::string::npos);
  assert_int_equal(raw_replica.number({"EXISTS", kLock}), 0);
}

void servers_that_forgot_the_scripts_are_told_them_again(void **) {
  Fleet three(3);
  three.granted(three.one, three.one.acquire("a/b", lease_id(1)));
  for (RawRedis &each : three.raw) each.text({"SCRIPT", "FLUSH"});
  three.granted(three.one, three.one.extend("a/b", lease_id(1)));
  three.granted(three.one, three.one.release("a/b", lease_id(1)));
  three.assert_nothing_is_left();
  three.done();
}

void whose_messages_are_cut_off_while_it_waits_gets_it_all_the_same(void **) {
  for (const size_t count : kCounts) {
    Fleet fleet(count);
    fleet.granted(fleet.one, fleet.one.acquire("a/b", lease_id(1)));
    const auto waiter = fleet.two.acquire("a/b", lease_id(2));
    fleet.in_place(fleet.two, waiter, 1);
    assert_true(fleet.numbers({"CLIENT", "KILL", "TYPE", "pubsub"}) > 0);
    fleet.granted(fleet.one, fleet.one.release("a/b", lease_id(1)));
    fleet.granted(fleet.two, waiter);
    fleet.done();
  }
}

// ---- Holding ----

void a_lock_that_was_overwritten_is_lost_and_left_as_it_is(void **) {
  for (const size_t count : kCounts) {
    Fleet fleet(count);
    fleet.granted(fleet.one, fleet.one.acquire("a/b", lease_id(1)));
    if (count > 1) {  // of a minority it does no harm
      fleet.raw[0].text({"SET", kLock, "theirs"});
      fleet.granted(fleet.one, fleet.one.extend("a/b", lease_id(1)));
    }
    for (RawRedis &each : fleet.raw) each.text({"SET", kLock, "theirs"});
    const Grant lost = fleet.answered(fleet.one, fleet.one.extend("a/b", lease_id(1))).grant();
    assert_int_equal(lost.status, REPOLOCK_E_LOST);
    assert_int_equal(lost.reason, REPOLOCK_LOST_STOLEN);
    assert_int_equal(fleet.answered(fleet.one, fleet.one.release("a/b", lease_id(1))).result(),
                     REPOLOCK_E_LOST);
    for (RawRedis &each : fleet.raw)
      assert_string_equal(each.text({"GET", kLock}).c_str(), "theirs");
    fleet.done();
  }
}

void a_lock_that_was_deleted_everywhere_is_taken_up_again(void **) {
  Fleet three(3);
  three.granted(three.one, three.one.acquire("a/b", lease_id(1)));
  assert_true(three.run_until([&] { return three.numbers({"DEL", kLock}) == 3; }));
  three.granted(three.one, three.one.extend("a/b", lease_id(1)));
  three.assert_try_is_refused(three.two, 2, REPOLOCK_E_HELD);
  three.done();
}

void a_lease_that_ran_out_is_released_by_one_message_to_each(void **) {
  for (const size_t count : kCounts) {
    Fleet fleet(count);
    fleet.granted(fleet.one, fleet.one.acquire("a/b", lease_id(1)));
    assert_true(fleet.run_until([&] {
      return fleet.numbers({"DEL", kLock}) >= 0 && fleet.numbers({"EXISTS", kLock}) == 0 &&
             fleet.numbers({"EXISTS", kFence}) == static_cast<int64_t>(count);
    }));
    for (RawRedis &each : fleet.raw) each.text({"CONFIG", "RESETSTAT"});
    assert_int_equal(fleet.answered(fleet.one, fleet.one.release("a/b", lease_id(1))).result(),
                     REPOLOCK_E_LOST);
    // Most of them have answered. What the same client says next tells that the last has heard it too.
    fleet.granted(fleet.one, fleet.one.acquire("a/next", lease_id(2)));
    assert_true(fleet.run_until([&] {
      return fleet.numbers({"EXISTS", "repolock:{a/next}"}) == static_cast<int64_t>(count);
    }));
    for (RawRedis &each : fleet.raw) {
      const std::string calls = each.text({"INFO", "commandstats"});
      assert_true(calls.find("cmdstat_evalsha:calls=2,") != std::string::npos);
    }
    fleet.done();
  }
}

void no_lock_outlives_a_release_that_races_with_its_renewal(void **) {
  constexpr uint64_t kNames = 50, kRounds = 50;
  for (const size_t count : kCounts) {
    Fleet fleet(count);
    for (uint64_t round = 0; round < kRounds; ++round) {
      std::vector<uint64_t> ids;
      const auto name = [](uint64_t i) { return "a/" + std::to_string(i); };
      for (uint64_t i = 0; i < kNames; ++i)
        ids.push_back(fleet.one.acquire(name(i), lease_id(round * kNames + i)));
      for (const uint64_t id : ids) fleet.granted(fleet.one, id);
      ids.clear();
      for (uint64_t i = 0; i < kNames; ++i) {
        const std::string lease = lease_id(round * kNames + i);
        if (i % 2 == 0) ids.push_back(fleet.one.extend(name(i), lease));
        ids.push_back(fleet.one.release(name(i), lease));
        if (i % 2 == 1) ids.push_back(fleet.one.extend(name(i), lease));
      }
      for (const uint64_t id : ids) fleet.answered(fleet.one, id);
    }
    assert_true(fleet.run_until([&] {
      int64_t left = 0;
      for (uint64_t i = 0; i < kNames; ++i)
        left += fleet.numbers({"EXISTS", "repolock:{a/" + std::to_string(i) + "}"});
      return left == 0;
    }));
    fleet.done();
  }
}

void ten_thousand_leases_are_renewed_in_one_process(void **) {
  constexpr uint64_t kLeases = 10'000, kAtOnce = 500;
  Fleet one_server(1);
  BackendDriver &driver = one_server.one;
  std::vector<Claim> claims;
  std::vector<uint64_t> ids;
  for (uint64_t i = 0; i < kLeases; ++i) {
    claims.push_back({.repo = "a/" + std::to_string(i), .lease_id = lease_id(i), .ttl_ms = 30'000});
    ids.push_back(driver.acquire(claims.back().repo, claims.back().lease_id));
    if (i % kAtOnce == 0) one_server.granted(driver, ids.back());
  }
  for (const uint64_t id : ids) one_server.granted(driver, id);
  const int64_t before = driver.now();
  const Answer &answer =
      one_server.answered(driver, driver.submit(REPOLOCK_REQUEST_EXTEND, claims));
  assert_int_equal(answer.grants.size(), kLeases);
  for (const Grant &grant : answer.grants) {
    assert_int_equal(grant.status, REPOLOCK_OK);
    assert_true(grant.valid_until_ms > before + 29'000);
  }
  one_server.done();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(half_of_an_even_number_is_refused_at_once_and_left_again),
      cmocka_unit_test(three_who_ask_three_servers_at_once_all_get_it),
      cmocka_unit_test(who_waited_for_longer_than_its_ttl_has_all_of_it),
      cmocka_unit_test(a_reply_later_than_the_ttl_is_told_as_over),
      cmocka_unit_test(of_a_lost_reply_nothing_is_left),
      cmocka_unit_test(who_cancels_leaves_nothing_on_any_server),
      cmocka_unit_test(any_one_of_three_may_be_away),
      cmocka_unit_test(servers_that_come_back_empty_one_by_one_give_it_to_nobody),
      cmocka_unit_test(a_replica_that_had_not_heard_of_the_lease_gives_it_to_nobody),
      cmocka_unit_test(servers_that_forgot_the_scripts_are_told_them_again),
      cmocka_unit_test(whose_messages_are_cut_off_while_it_waits_gets_it_all_the_same),
      cmocka_unit_test(a_lock_that_was_overwritten_is_lost_and_left_as_it_is),
      cmocka_unit_test(a_lock_that_was_deleted_everywhere_is_taken_up_again),
      cmocka_unit_test(a_lease_that_ran_out_is_released_by_one_message_to_each),
      cmocka_unit_test(no_lock_outlives_a_release_that_races_with_its_renewal),
      cmocka_unit_test(ten_thousand_leases_are_renewed_in_one_process),
  };
  return run_on_redis(tests);
}
