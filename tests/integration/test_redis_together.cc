// What is asked for in one turn travels in one message, and is a step of its own all the same.
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

constexpr int kNames = 200;

std::string name_of(int number) {
  return "owner/name-" + std::to_string(number);
}

struct Stage {
  RedisServer server;
  RawRedis raw{server};
  BackendDriver driver;

  Stage() {
    assert_int_equal(driver.open(init, "redis+unix://" + server.path()), REPOLOCK_OK);
    assert_int_equal(take("warm/up", 9999), REPOLOCK_OK);  // connected, and the scripts are known
    assert_int_equal(driver.await(driver.release("warm/up", lease_id(9999))).result(), REPOLOCK_OK);
  }
  ~Stage() {
    driver.close();
    assert_no_violations(driver);
  }

  uint64_t ask(const std::string &repo, uint64_t lease) {
    return driver.acquire(repo, lease_id(lease), {.wait = false});
  }
  repolock_status_t take(const std::string &repo, uint64_t lease) {
    return driver.await(ask(repo, lease)).result();
  }
  int scripts_run() {
    const std::string stats = raw.text({"INFO", "commandstats"});
    int count = 0;
    for (const std::string name : {"cmdstat_evalsha:calls=", "cmdstat_eval:calls="})
      if (const size_t at = stats.find(name); at != std::string::npos)
        count += std::stoi(stats.substr(at + name.size()));
    return count;
  }
};

void many_leases_travel_in_few_messages(void **) {
  Stage stage;
  constexpr int kMostMessages = kNames / 10;
  const int before = stage.scripts_run();
  std::vector<uint64_t> asked;
  asked.reserve(kNames);
  for (int i = 0; i < kNames; ++i) asked.push_back(stage.ask(name_of(i), static_cast<uint64_t>(i)));
  for (const uint64_t id : asked) assert_int_equal(stage.driver.await(id).result(), REPOLOCK_OK);
  assert_in_range(stage.scripts_run() - before, 1, kMostMessages);

  const int between = stage.scripts_run();
  asked.clear();
  for (int i = 0; i < kNames; ++i)
    asked.push_back(stage.driver.release(name_of(i), lease_id(static_cast<uint64_t>(i))));
  for (const uint64_t id : asked) assert_int_equal(stage.driver.await(id).result(), REPOLOCK_OK);
  assert_in_range(stage.scripts_run() - between, 1, kMostMessages);
  assert_int_equal(stage.raw.number({"EXISTS", "repolock:{" + name_of(0) + "}"}), 0);
}

// Each of them is granted once, in the order in which it was asked for.
void one_name_many_times_in_one_turn(void **) {
  Stage stage;
  std::vector<uint64_t> asked;
  asked.reserve(kNames);
  for (int i = 0; i < 5; ++i) asked.push_back(stage.ask("a/b", static_cast<uint64_t>(i)));
  assert_int_equal(stage.driver.await(asked[0]).result(), REPOLOCK_OK);
  for (int i = 1; i < 5; ++i)
    assert_int_equal(stage.driver.await(asked[i]).result(), REPOLOCK_E_HELD);
}

// A release goes before what is asked for behind it, and behind what was asked for before it.
void a_turn_keeps_its_order_for_each_name(void **) {
  Stage stage;
  assert_int_equal(stage.take("a/b", 1), REPOLOCK_OK);
  const auto first_release = stage.driver.release("a/b", lease_id(1));
  const auto second = stage.ask("a/b", 2);
  assert_int_equal(stage.driver.await(first_release).result(), REPOLOCK_OK);
  assert_int_equal(stage.driver.await(second).result(), REPOLOCK_OK);

  const auto canceled = stage.ask("c/d", 3);
  stage.driver.turn(0);
  stage.driver.cancel(canceled);
  assert_int_equal(stage.driver.await(canceled).result(), REPOLOCK_E_CANCELED);
  assert_int_equal(stage.take("c/d", 4), REPOLOCK_OK);
}

void what_is_wrong_with_one_name_is_not_the_others(void **) {
  Stage stage;
  stage.raw.number({"RPUSH", "repolock:{has/lists}", "x"});
  stage.raw.number({"RPUSH", "repolock:{has/fences}:f", "x"});
  const auto before = stage.ask("a/b", 1), lists = stage.ask("has/lists", 2),
             fences = stage.ask("has/fences", 3), behind = stage.ask("c/d", 4);
  assert_int_equal(stage.driver.await(before).result(), REPOLOCK_OK);
  assert_int_equal(stage.driver.await(lists).result(), REPOLOCK_E_MISCONFIGURED);
  assert_int_equal(stage.driver.await(fences).result(), REPOLOCK_E_MISCONFIGURED);
  assert_int_equal(stage.driver.await(behind).result(), REPOLOCK_OK);
  assert_int_equal(stage.raw.number({"LLEN", "repolock:{has/lists}"}), 1);
  assert_int_equal(stage.raw.number({"EXISTS", "repolock:{has/fences}"}), 0);

  // Another's fence makes no trouble to whoever is let go of beside it.
  stage.raw.text({"SET", "repolock:{c/d}:f", "no fence"});
  const auto fine = stage.driver.release("a/b", lease_id(1));
  const auto bad = stage.driver.release("c/d", lease_id(4));
  assert_int_equal(stage.driver.await(fine).result(), REPOLOCK_OK);
  assert_int_equal(stage.driver.await(bad).result(), REPOLOCK_E_MISCONFIGURED);
  assert_int_equal(stage.raw.number({"EXISTS", "repolock:{a/b}", "repolock:{c/d}"}), 0);
}

void a_name_without_rights_shuts_out_no_other(void **) {
  Stage stage;
  if (stage.raw.text(
          {"ACL", "SETUSER", "default", "resetkeys", "~repolock:guard", "~repolock:{a/*"}) != "OK")
    return;  // older than 6: it has no rights to keys
  const auto mine = stage.ask("a/b", 1), theirs = stage.ask("c/d", 2), also = stage.ask("a/c", 3);
  assert_int_equal(stage.driver.await(mine).result(), REPOLOCK_OK);
  assert_int_equal(stage.driver.await(theirs).result(), REPOLOCK_E_DENIED);
  assert_int_equal(stage.driver.await(also).result(), REPOLOCK_OK);
}

void a_server_that_forgot_its_scripts_is_told_again(void **) {
  Stage stage;
  assert_string_equal(stage.raw.text({"SCRIPT", "FLUSH"}).c_str(), "OK");
  std::vector<uint64_t> asked;
  asked.reserve(kNames);
  for (int i = 0; i < 10; ++i) asked.push_back(stage.ask(name_of(i), static_cast<uint64_t>(i)));
  for (const uint64_t id : asked) assert_int_equal(stage.driver.await(id).result(), REPOLOCK_OK);
}

// Those on their way may have been granted; those that still were to be sent were not.
void none_is_lost_with_its_server(void **) {
  Stage stage;
  stage.server.stop();
  std::vector<uint64_t> asked;
  asked.reserve(kNames);
  for (int i = 0; i < kNames; ++i) {
    asked.push_back(stage.ask(name_of(i), static_cast<uint64_t>(i)));
    if (i % 5 == 0) stage.driver.turn(0);
  }
  stage.server.kill();
  int unknown = 0;
  for (const uint64_t id : asked) {
    const repolock_status_t status = stage.driver.await(id).result();
    assert_true(status == REPOLOCK_E_UNKNOWN || status == REPOLOCK_E_UNAVAILABLE);
    unknown += status == REPOLOCK_E_UNKNOWN ? 1 : 0;
  }
  assert_in_range(unknown, 1, kNames - 1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(many_leases_travel_in_few_messages),
      cmocka_unit_test(one_name_many_times_in_one_turn),
      cmocka_unit_test(a_turn_keeps_its_order_for_each_name),
      cmocka_unit_test(what_is_wrong_with_one_name_is_not_the_others),
      cmocka_unit_test(a_name_without_rights_shuts_out_no_other),
      cmocka_unit_test(a_server_that_forgot_its_scripts_is_told_again),
      cmocka_unit_test(none_is_lost_with_its_server),
  };
  return run_on_redis(tests);
}
