// The Redis backend over a quorum of five real servers, two clients in one process.
#include <array>
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

constexpr size_t kServers = 5;
Options durable() {
  return {{"redis.durability", "aof_always"}};
}

struct Five {
  explicit Five(const Options &options = durable()) {
    for (auto &server : servers)
      server = std::make_unique<RedisServer>(
          std::vector<std::string>{"--appendonly", "yes", "--appendfsync", "always"});
    for (size_t i = 0; i < kServers; ++i) raw.emplace_back(*servers[i]);
    assert_int_equal(one.open(init, url(), options), REPOLOCK_OK);
    assert_int_equal(two.open(init, url(), options), REPOLOCK_OK);
    for (BackendDriver *driver : {&one, &two})
      assert_true(run_until([&] { return driver->nodes().size() == kServers; }));
  }
  // Both of them turn, as two processes would.
  bool run_until(const std::function<bool()> &predicate) {
    const int64_t end = one.now() + kGuardMs;
    while (!predicate()) {
      if (one.now() > end) return false;
      one.turn(1);
      two.turn(1);
    }
    return true;
  }
  std::string url() const {
    std::string url = "redis+quorum://";
    for (const auto &server : servers)
      url += (server == servers.front() ? "unix:" : ",unix:") + server->path();
    return url;
  }
  // What all servers say; those that are down say "-no connection".
  std::vector<std::string> texts(const std::vector<std::string> &words) {
    std::vector<std::string> all;
    for (auto &each : raw) all.push_back(each.text(words));
    return all;
  }
  int64_t numbers(const std::vector<std::string> &words) {
    int64_t sum = 0;
    for (auto &each : raw) sum += each.number(words);
    return sum;
  }
  void done() {
    one.close();
    two.close();
    assert_no_violations(one);
    assert_no_violations(two);
  }

  std::array<std::unique_ptr<RedisServer>, kServers> servers;
  std::vector<RawRedis> raw;
  BackendDriver one, two;
};

const Answer &answered(Five &five, BackendDriver &driver, uint64_t id) {
  assert_true(five.run_until([&] { return driver.answered(id); }));
  return driver.answer(id);
}

const Grant &granted(Five &five, BackendDriver &driver, uint64_t id) {
  const Answer &answer = answered(five, driver, id);
  if (answer.result() != REPOLOCK_OK)
    print_error("%s %s\n", answer.message.c_str(), answer.grant().message.c_str());
  assert_int_equal(answer.result(), REPOLOCK_OK);
  return answer.grant();
}

void in_place(Five &five, BackendDriver &driver, uint64_t id, int64_t place) {
  assert_true(five.run_until([&] {
    const auto rows = driver.waiting(id);
    return !rows.empty() && rows.back().place == place;
  }));
}

void claims_less_than_one_server(void **) {
  Five five;
  assert_int_equal(five.one.capabilities() & (REPOLOCK_CAN_SHARE | REPOLOCK_CAN_SEVERAL), 0);
  assert_true((five.one.capabilities() & REPOLOCK_CAN_FIFO) != 0);
  five.done();
}

void all_of_them_grant_one_fence(void **) {
  Five five;
  const Grant &first = granted(five, five.one, five.one.acquire("a/b", lease_id(1)));
  assert_true(five.run_until([&] {
    return five.numbers({"EXISTS", "repolock:{a/b}"}) == kServers;
  }));
  const Grant &second = granted(five, five.one, five.one.acquire("a/c", lease_id(2)));
  for (const std::string &fence : five.texts({"GET", "repolock:{a/c}:f"}))
    assert_string_equal(fence.c_str(), (std::to_string(second.fence) + "h0").c_str());
  granted(five, five.one, five.one.release("a/b", lease_id(1), first.fence));
  assert_true(five.run_until([&] { return five.numbers({"EXISTS", "repolock:{a/b}"}) == 0; }));
  assert_true(granted(five, five.two, five.two.acquire("a/b", lease_id(3))).fence > first.fence);
  five.done();
}

// Whatever is asked.
void too_few_are_all_named(void **) {
  Five five;
  const uint64_t fence = granted(five, five.one, five.one.acquire("a/b", lease_id(1))).fence;
  for (size_t i = 0; i < 3; ++i) five.servers[i]->kill();
  const uint64_t requests[] = {five.one.acquire("a/c", lease_id(2), {.wait = false}),
                               five.one.extend("a/b", lease_id(1)), five.one.inspect("a/b"),
                               five.one.break_lease("a/b", lease_id(1)),
                               five.one.release("a/b", lease_id(1), fence)};
  for (const uint64_t request : requests) {
    const Answer &answer = answered(five, five.one, request);
    assert_true(answer.result() == REPOLOCK_E_UNAVAILABLE || answer.result() == REPOLOCK_E_UNKNOWN);
    const std::string &words = answer.message.empty() ? answer.grant().message : answer.message;
    assert_true(words.starts_with("2 of 5 servers answer, and 3 have to agree: "));
    for (size_t i = 0; i < 3; ++i)
      if (words.find(five.servers[i]->path()) == std::string::npos) fail_msg("%s", words.c_str());
  }
  five.done();
}

void a_larger_quorum_bears_less(void **) {
  Five five({{"redis.quorum", "4"}, {"redis.durability", "aof_always"}});
  five.servers[0]->kill();
  granted(five, five.one, five.one.acquire("a/b", lease_id(1)));
  five.servers[1]->kill();
  const auto request = five.two.acquire("a/c", lease_id(2), {.wait = false});
  const std::string &words = answered(five, five.two, request).message;
  assert_true(words.starts_with("3 of 5 servers answer, and 4 have to agree: "));
  five.done();
}

void who_is_refused_leaves_nothing(void **) {
  Five five;
  granted(five, five.one, five.one.acquire("a/b", lease_id(1), {.holder = "job 1"}));
  const Answer &refused =
      answered(five, five.two, five.two.acquire("a/b", lease_id(2), {.wait = false}));
  assert_int_equal(refused.status, REPOLOCK_E_HELD);
  assert_string_equal(refused.rows[0].holder.c_str(), "job 1");
  size_t nodes = 0;
  for (const Row &row : refused.rows) nodes += row.row == REPOLOCK_ROW_NODE ? 1 : 0;
  assert_true(nodes >= 3);  // a quorum is enough to know
  assert_true(five.run_until([&] { return five.numbers({"EXISTS", "repolock:{a/b}:q"}) == 0; }));
  for (const std::string &lock : five.texts({"GET", "repolock:{a/b}"}))
    assert_true(lock.starts_with(lease_id(1)));
  granted(five, five.one, five.one.extend("a/b", lease_id(1)));
  five.done();
}

void hands_over_in_order(void **) {
  Five five;
  const auto driver = [&](uint64_t i) -> BackendDriver & { return i % 3 ? five.one : five.two; };
  std::vector<uint64_t> ids(8);
  for (uint64_t i = 0; i < ids.size(); ++i) {
    ids[i] = driver(i).acquire("a/b", lease_id(i));
    if (i == 0)
      granted(five, driver(i), ids[i]);
    else
      in_place(five, driver(i), ids[i], static_cast<int64_t>(i));
  }
  uint64_t fence = 0;
  for (uint64_t i = 0; i < ids.size(); ++i) {
    const Grant &grant = granted(five, driver(i), ids[i]);
    assert_true(grant.fence > fence);
    fence = grant.fence;
    for (uint64_t j = i + 1; j < ids.size(); ++j) assert_false(driver(j).answered(ids[j]));
    granted(five, driver(i), driver(i).release("a/b", lease_id(i), fence));
  }
  assert_true(five.run_until([&] { return five.numbers({"EXISTS", "repolock:{a/b}"}) == 0; }));
  five.done();
}

void different_fences_are_written_back(void **) {
  Five five;
  granted(five, five.one, five.one.acquire("a/c", lease_id(9)));  // all of them are there
  const uint64_t base = granted(five, five.one, five.one.acquire("a/b", lease_id(1))).fence;
  granted(five, five.one, five.one.release("a/b", lease_id(1), base));
  assert_true(five.run_until([&] { return five.numbers({"EXISTS", "repolock:{a/b}"}) == 0; }));
  const uint64_t ahead = base + 40'000'000'000;  // hours, by the clock
  for (size_t i = 0; i < 3; ++i)
    five.raw[i].text({"SET", "repolock:{a/b}:f", std::to_string(ahead + 10 * i) + "o1"});
  const Grant &grant = granted(five, five.two, five.two.acquire("a/b", lease_id(2)));
  assert_int_equal(grant.fence, ahead + 21);
  size_t carriers = 0;
  for (const std::string &fence : five.texts({"GET", "repolock:{a/b}:f"}))
    carriers += fence.starts_with(std::to_string(grant.fence)) ? 1 : 0;
  assert_true(carriers >= 3);
  granted(five, five.two, five.two.extend("a/b", lease_id(2)));
  five.done();
}

void two_of_five_may_fail(void **) {
  Five five;
  granted(five, five.one, five.one.acquire("a/b", lease_id(1)));
  five.servers[0]->kill();
  five.servers[1]->kill();
  granted(five, five.one, five.one.extend("a/b", lease_id(1)));
  granted(five, five.two, five.two.acquire("a/c", lease_id(2)));
  const auto waiter = five.two.acquire("a/b", lease_id(3));
  in_place(five, five.two, waiter, 1);
  granted(five, five.one, five.one.release("a/b", lease_id(1)));
  granted(five, five.two, waiter);
  five.servers[2]->kill();
  const auto none = five.one.acquire("a/d", lease_id(4));
  const Answer &answer = answered(five, five.one, none);
  assert_true(answer.result() == REPOLOCK_E_UNAVAILABLE || answer.result() == REPOLOCK_E_UNKNOWN);
  assert_true(answer.message.find("have to agree") != std::string::npos);
  size_t nodes = 0;
  for (const Row &row : answer.rows) nodes += row.row == REPOLOCK_ROW_NODE ? 1 : 0;
  assert_true(nodes >= 3);
  const Answer &extended = answered(five, five.two, five.two.extend("a/b", lease_id(3)));
  assert_true(extended.grant().status == REPOLOCK_E_UNAVAILABLE ||
              extended.grant().status == REPOLOCK_E_UNKNOWN);
  five.done();
}

void a_server_that_came_back_is_repaired(void **) {
  Five five;
  granted(five, five.one, five.one.acquire("a/b", lease_id(9)));  // so that all know its fence
  assert_true(five.run_until([&] {
    return five.numbers({"EXISTS", "repolock:{a/b}"}) == kServers;
  }));
  granted(five, five.one, five.one.release("a/b", lease_id(9)));
  assert_true(five.run_until([&] { return five.numbers({"EXISTS", "repolock:{a/b}"}) == 0; }));
  five.servers[4]->kill();
  const uint64_t fence = granted(five, five.one, five.one.acquire("a/b", lease_id(1))).fence;
  assert_true(five.servers[4]->restart());
  five.raw[4] = RawRedis(*five.servers[4]);
  assert_true(five.run_until([&] {
    const auto id = five.one.extend("a/b", lease_id(1), 30'000, fence);
    if (answered(five, five.one, id).result() != REPOLOCK_OK) return false;
    return five.raw[4].text({"GET", "repolock:{a/b}"}).starts_with(lease_id(1));
  }));
  assert_true(five.raw[4].text({"GET", "repolock:{a/b}:f"}).starts_with(std::to_string(fence)));
  five.done();
}

void a_gate_that_dies_takes_nobody_with_it(void **) {
  Five five;
  granted(five, five.one, five.one.acquire("a/b", lease_id(1)));
  const auto waiter = five.two.acquire("a/b", lease_id(2));
  in_place(five, five.two, waiter, 1);
  size_t gate = kServers;
  for (size_t i = 0; i < kServers; ++i)
    if (five.raw[i].number({"EXISTS", "repolock:{a/b}:q"}) == 1) gate = i;
  assert_true(gate < kServers);
  five.servers[gate]->kill();
  assert_true(five.run_until([&] {
    for (size_t i = 0; i < kServers; ++i)
      if (i != gate && five.raw[i].number({"EXISTS", "repolock:{a/b}:q"}) == 1) return true;
    return false;
  }));
  granted(five, five.one, five.one.release("a/b", lease_id(1)));
  granted(five, five.two, waiter);
  five.done();
}

void a_break_and_a_look(void **) {
  Five five;
  granted(five, five.one, five.one.acquire("a/b", lease_id(1), {.holder = "job 1"}));
  const auto waiter = five.two.acquire("a/b", lease_id(2));
  in_place(five, five.two, waiter, 1);
  assert_true(five.run_until([&] {
    return five.numbers({"EXISTS", "repolock:{a/b}"}) == kServers;
  }));
  const Answer &seen = answered(five, five.two, five.two.inspect());
  assert_int_equal(seen.rows.size(), 2);
  assert_string_equal(seen.rows[0].holder.c_str(), "job 1");
  assert_string_equal(seen.rows[0].message.c_str(), "on 5 of 5 servers: 2 of them may fail");
  assert_int_equal(seen.rows[1].place, 1);
  granted(five, five.two, five.two.break_lease("a/b", lease_id(1)));
  assert_true(five.run_until([&] { return !five.one.revocations().empty(); }));
  granted(five, five.two, waiter);
  assert_int_equal(answered(five, five.one, five.one.extend("a/b", lease_id(1))).grant().status,
                   REPOLOCK_E_LOST);
  five.done();
}

void one_server_twice_is_refused(void **) {
  Five five;
  BackendDriver driver;
  const std::string path = five.servers[0]->path();
  const std::string again = path.substr(0, path.rfind('/')) + "/../" +
                            five.servers[0]->directory().path().filename().string() + "/socket";
  assert_int_equal(driver.open(init, "redis+quorum://unix:" + path + ",unix:" + again),
                   REPOLOCK_OK);
  const Answer &answer = driver.await(driver.acquire("a/b", lease_id(1)));
  assert_int_equal(answer.result(), REPOLOCK_E_MISCONFIGURED);
  driver.close();
  assert_int_equal(driver.open(init, five.url(), {{"redis.quorum", "2"}}), REPOLOCK_E_INVALID);
  assert_true(driver.open_error().find("from 3 to 5") != std::string::npos);
  five.done();
}

void clients_of_other_servers_are_refused(void **) {
  Five five;
  granted(five, five.one, five.one.acquire("a/b", lease_id(1)));
  BackendDriver driver;
  const std::string url = five.url();
  assert_int_equal(driver.open(init, url.substr(0, url.rfind(',')), durable()), REPOLOCK_OK);
  const Answer &answer = driver.await(driver.acquire("a/c", lease_id(2)));
  assert_int_equal(answer.result(), REPOLOCK_E_MISCONFIGURED);
  assert_true(answer.message.find("another configuration") != std::string::npos);
  driver.close();
  five.done();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(claims_less_than_one_server),
      cmocka_unit_test(all_of_them_grant_one_fence),
      cmocka_unit_test(too_few_are_all_named),
      cmocka_unit_test(a_larger_quorum_bears_less),
      cmocka_unit_test(who_is_refused_leaves_nothing),
      cmocka_unit_test(hands_over_in_order),
      cmocka_unit_test(different_fences_are_written_back),
      cmocka_unit_test(two_of_five_may_fail),
      cmocka_unit_test(a_server_that_came_back_is_repaired),
      cmocka_unit_test(a_gate_that_dies_takes_nobody_with_it),
      cmocka_unit_test(a_break_and_a_look),
      cmocka_unit_test(one_server_twice_is_refused),
      cmocka_unit_test(clients_of_other_servers_are_refused),
  };
  return run_on_redis(tests);
}
