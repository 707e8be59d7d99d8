// The Redis backend beside servers that come, go, forget, refuse, and are no place for a lock.
#include <cstdlib>
#include <filesystem>
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

std::vector<std::string> durable() {
  return {"--appendonly", "yes", "--appendfsync", "always"};
}

std::string url_of(const RedisServer &server) {
  return "redis+unix://" + server.path();
}

void open(BackendDriver &driver, const RedisServer &server, const Options &options = {}) {
  assert_int_equal(driver.open(init, url_of(server), options), REPOLOCK_OK);
}

void close(BackendDriver &driver) {
  driver.close();
  assert_no_violations(driver);
}

const Grant &granted(BackendDriver &driver, uint64_t id) {
  const Answer &answer = driver.await(id);
  if (answer.result() != REPOLOCK_OK) print_error("%s\n", answer.message.c_str());
  assert_int_equal(answer.result(), REPOLOCK_OK);
  return answer.grant();
}

std::string words_of(const Answer &answer) {
  return answer.message.empty() ? answer.grant().message : answer.message;
}

void assert_refused(const Answer &answer, repolock_status_t status, const std::string &word) {
  const std::string message = words_of(answer);
  if (answer.result() != status || message.find(word) == std::string::npos)
    print_error("%d: %s\n", answer.result(), message.c_str());
  assert_int_equal(answer.result(), status);
  assert_true(message.find(word) != std::string::npos);
}

// Asks for a/b, as the library does while it waits, until the answer is another one.
const Answer &asked_until(BackendDriver &driver, repolock_status_t status) {
  for (uint64_t number = 1000;; ++number) {
    const Answer &answer = driver.await(driver.acquire("a/b", lease_id(number), {.wait = false}));
    if (answer.result() != status) return answer;
    driver.turn(10);
  }
}

void what_was_under_way_is_unknown(void **) {
  RedisServer server;
  BackendDriver driver;
  open(driver, server);
  granted(driver, driver.acquire("a/b", lease_id(1)));
  server.stop();
  const auto acquire = driver.acquire("a/c", lease_id(2));
  const auto extend = driver.extend("a/b", lease_id(1));
  driver.turn(0);  // they are on their way
  server.kill();
  assert_refused(driver.await(acquire), REPOLOCK_E_UNKNOWN, "unix:" + server.path());
  assert_refused(driver.await(extend), REPOLOCK_E_UNKNOWN, "unix:" + server.path());
  assert_refused(driver.await(driver.acquire("a/d", lease_id(3))), REPOLOCK_E_UNAVAILABLE,
                 "unix:" + server.path());
  assert_true(driver.run_until([&] { return driver.nodes().size() >= 2; }));
  assert_true(driver.nodes()[0].up);
  assert_false(driver.nodes()[1].up);
  close(driver);
}

void nobody_is_there(void **) {
  RedisServer server;
  BackendDriver driver;
  server.kill();
  open(driver, server);
  assert_refused(driver.await(driver.acquire("a/b", lease_id(1))), REPOLOCK_E_UNAVAILABLE,
                 "start the server");
  assert_int_equal(driver.answer(1).rows.size(), 1);
  assert_int_equal(driver.answer(1).rows[0].row, REPOLOCK_ROW_NODE);
  assert_string_equal(driver.answer(1).rows[0].status.c_str(), "E_UNAVAILABLE");
  assert_true(server.restart());
  assert_int_equal(asked_until(driver, REPOLOCK_E_UNAVAILABLE).result(), REPOLOCK_OK);
  close(driver);
}

void a_server_that_never_answers(void **) {
  RedisServer server;
  BackendDriver driver;
  open(driver, server);
  granted(driver, driver.acquire("a/b", lease_id(1)));
  server.stop();
  assert_refused(driver.await(driver.acquire("a/c", lease_id(2))), REPOLOCK_E_UNKNOWN,
                 "unix:" + server.path());
  server.resume();
  close(driver);
}

void after_a_restart_nobody_is_let_in_at_once(void **) {
  RedisServer server(durable());
  BackendDriver driver, other;
  open(driver, server);
  const uint64_t fence = granted(driver, driver.acquire("a/c", lease_id(1))).fence;
  server.kill();
  assert_true(server.restart());
  // The guard came back, and knows another run: by then all leases of before must have ended.
  assert_true(driver.run_until([&] {
    const auto nodes = driver.nodes();
    return !nodes.empty() && nodes.back().message.find("was restarted") != std::string::npos;
  }));
  assert_refused(driver.await(driver.acquire("a/b", lease_id(2))), REPOLOCK_E_UNAVAILABLE,
                 "was restarted");
  assert_refused(driver.await(driver.extend("a/c", lease_id(1))), REPOLOCK_E_UNAVAILABLE,
                 "was restarted");
  granted(driver, driver.release("a/c", lease_id(1), fence));            // that needs no guard
  assert_int_equal(driver.await(driver.inspect()).status, REPOLOCK_OK);  // nor this
  open(other, server);
  assert_refused(other.await(other.acquire("a/b", lease_id(3))), REPOLOCK_E_UNAVAILABLE,
                 "was restarted");
  close(driver);
  close(other);
}

void a_client_that_saw_the_server_before_knows_that_it_forgot(void **) {
  RedisServer server;  // keeps nothing
  BackendDriver driver;
  open(driver, server);
  granted(driver, driver.acquire("a/b", lease_id(1)));
  server.kill();
  assert_true(server.restart());
  assert_true(driver.run_until([&] {
    const auto nodes = driver.nodes();
    return !nodes.empty() && nodes.back().message.find("was restarted") != std::string::npos;
  }));
  BackendDriver other;  // comes new, and finds that somebody waits
  open(other, server);
  assert_refused(other.await(other.acquire("a/b", lease_id(2))), REPOLOCK_E_UNAVAILABLE,
                 "nobody knows");
  close(driver);
  close(other);
}

void a_strict_guard_waits_at_the_first_start_too(void **) {
  RedisServer server;
  BackendDriver driver;
  open(driver, server, {{"redis.restart_guard", "strict"}});
  assert_refused(driver.await(driver.acquire("a/b", lease_id(1))), REPOLOCK_E_UNAVAILABLE,
                 "nobody knows");
  close(driver);
}

void a_durable_server_goes_on_at_once(void **) {
  RedisServer server(durable());
  BackendDriver driver;
  open(driver, server, {{"redis.durability", "aof_always"}});
  const uint64_t fence = granted(driver, driver.acquire("a/c", lease_id(1))).fence;
  server.kill();
  assert_true(server.restart());
  assert_int_equal(asked_until(driver, REPOLOCK_E_UNAVAILABLE).result(), REPOLOCK_OK);
  granted(driver, driver.extend("a/c", lease_id(1)));
  assert_refused(driver.await(driver.acquire("a/c", lease_id(2), {.wait = false})), REPOLOCK_E_HELD,
                 "");
  granted(driver, driver.release("a/c", lease_id(1), fence));
  close(driver);
}

void an_unguarded_server_goes_on_at_once(void **) {
  RedisServer server;
  RawRedis raw(server);
  assert_string_equal(raw.text({"ACL", "SETUSER", "default", "-info"}).c_str(), "OK");
  BackendDriver driver, guarded;
  open(driver, server, {{"redis.restart_guard", "off"}});
  granted(driver, driver.acquire("a/c", lease_id(1)));
  server.kill();
  assert_true(server.restart());
  assert_int_equal(asked_until(driver, REPOLOCK_E_UNAVAILABLE).result(), REPOLOCK_OK);
  open(guarded, server);  // both at one server would undo each other
  assert_refused(guarded.await(guarded.acquire("a/b", lease_id(2))), REPOLOCK_E_MISCONFIGURED,
                 "another configuration");
  close(driver);
  close(guarded);
}

// What nobody knows of any more must not stand in the way.
void what_could_not_be_released_is_released_later(void **) {
  RedisServer server(durable());
  BackendDriver driver, other;
  const Options durable = {{"redis.durability", "aof_always"}};
  open(driver, server, durable);
  const uint64_t fence = granted(driver, driver.acquire("a/b", lease_id(1))).fence;
  server.kill();
  const Answer &released = driver.await(driver.release("a/b", lease_id(1), fence));
  assert_true(released.result() == REPOLOCK_E_UNAVAILABLE ||
              released.result() == REPOLOCK_E_UNKNOWN);
  assert_true(server.restart());
  const Answer &next = asked_until(driver, REPOLOCK_E_UNAVAILABLE);
  assert_int_equal(next.result(), REPOLOCK_OK);
  assert_int_equal(next.grant().previous, REPOLOCK_PREVIOUS_RELEASED);
  close(driver);
}

void no_place_for_a_lock(void **) {
  const struct {
    std::vector<std::string> command;
    const char *word;
  } cases[] = {
      {{"CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", "allkeys-lru"}, "noeviction"},
      {{"REPLICAOF", "127.0.0.1", "1"}, "replica"},
      {{"ACL", "SETUSER", "default", "-info"}, "+info"},
      {{"HSET", "repolock:guard", "run_id", "x", "config", "of others"}, "of others"},
      {{"SET", "repolock:guard", "x"}, "unix:"},
  };
  for (const auto &[command, word] : cases) {
    RedisServer server;
    RawRedis raw(server);
    assert_false(raw.text(command).starts_with("-"));
    BackendDriver driver;
    open(driver, server);
    const Answer &refused = driver.await(driver.acquire("a/b", lease_id(1)));
    assert_refused(refused, REPOLOCK_E_MISCONFIGURED, word);
    assert_true(words_of(refused).find(server.path()) != std::string::npos);
    close(driver);
  }
}

void errors_of_the_server_have_remedies(void **) {
  RedisServer server;
  RawRedis raw(server);
  BackendDriver driver;
  open(driver, server);
  granted(driver, driver.acquire("a/b", lease_id(1)));
  assert_string_equal(raw.text({"CONFIG", "SET", "maxmemory", "1"}).c_str(), "OK");
  assert_refused(driver.await(driver.acquire("a/c", lease_id(2))), REPOLOCK_E_UNAVAILABLE,
                 "memory");
  granted(driver, driver.release("a/b", lease_id(1)));  // that frees some
  assert_string_equal(raw.text({"CONFIG", "SET", "maxmemory", "0"}).c_str(), "OK");
  assert_string_equal(raw.text({"ACL", "SETUSER", "default", "-evalsha"}).c_str(), "OK");
  assert_refused(driver.await(driver.acquire("a/d", lease_id(3))), REPOLOCK_E_DENIED, "evalsha");
  close(driver);
}

// What a server may come to while it is in use; afterwards the same client goes on.
void a_server_that_takes_no_writes_for_a_while(void **) {
  using Command = std::vector<std::string>;
  const struct {
    Command before, after;
    const char *word;
  } cases[] = {
      {{"REPLICAOF", "127.0.0.1", "1"}, {"REPLICAOF", "NO", "ONE"}, "a replica"},
      {{"CONFIG", "SET", "min-replicas-to-write", "1"},
       {"CONFIG", "SET", "min-replicas-to-write", "0"},
       "too few replicas"},
      {{"BGSAVE"}, {"CONFIG", "SET", "save", ""}, "cannot save"},
  };
  RedisServer server({"--save", "3600 1", "--dbfilename", "in-the-way"});
  std::filesystem::create_directory(server.directory().path() / "in-the-way");  // BGSAVE fails
  RawRedis raw(server);
  BackendDriver driver;
  open(driver, server);
  uint64_t id = 0;
  for (const auto &[before, after, word] : cases) {
    granted(driver, driver.acquire("a/b", lease_id(++id)));
    assert_false(raw.text(before).starts_with("-"));
    while (raw.text({"INFO", "persistence"}).find("bgsave_in_progress:1") != std::string::npos)
      continue;
    const Answer &refused = driver.await(driver.acquire("a/c", lease_id(100 + id)));
    assert_refused(refused, REPOLOCK_E_UNAVAILABLE, word);
    assert_true(words_of(refused).find(server.path()) != std::string::npos);
    assert_false(raw.text(after).starts_with("-"));
    granted(driver, driver.extend("a/b", lease_id(id)));
    granted(driver, driver.release("a/b", lease_id(id)));
    granted(driver, driver.release("a/c", lease_id(100 + id)));  // there is nothing of it
  }
  close(driver);
}

void a_server_that_loads_its_data(void **) {
  RedisServer server({"--enable-debug-command", "yes", "--key-load-delay", "1000",
                      "--loading-process-events-interval-bytes", "1024"});
  RawRedis raw(server), loader(server);
  BackendDriver driver;
  open(driver, server);
  granted(driver, driver.acquire("a/b", lease_id(1)));
  assert_string_equal(raw.text({"DEBUG", "POPULATE", "1000"}).c_str(), "OK");
  loader.send({"DEBUG", "RELOAD"});
  while (raw.text({"INFO", "persistence"}).find("loading:1") == std::string::npos) continue;
  assert_refused(driver.await(driver.acquire("a/c", lease_id(2))), REPOLOCK_E_UNAVAILABLE,
                 "loading its data");
  assert_int_equal(asked_until(driver, REPOLOCK_E_UNAVAILABLE).result(), REPOLOCK_E_HELD);
  granted(driver, driver.release("a/b", lease_id(1)));
  close(driver);
}

void the_doctor_finds_what_is_wrong(void **) {
  RedisServer healthy(durable()), forgetful;
  BackendDriver driver, other;
  open(driver, healthy);
  const Answer &well = driver.await(driver.diagnose());
  assert_int_equal(well.rows.size(), 1);
  assert_string_equal(well.rows[0].status.c_str(), "OK");
  RawRedis raw(forgetful);
  assert_string_equal(raw.text({"ACL", "SETUSER", "default", "-publish", "-subscribe"}).c_str(),
                      "OK");
  open(other, forgetful);
  const Answer &ill = other.await(other.diagnose());
  assert_int_equal(ill.rows.size(), 4);  // PUBLISH, SUBSCRIBE, OK, no append-only file
  close(driver);
  close(other);
}

void wrong_options_are_told(void **) {
  RedisServer server;
  const struct {
    Options options;
    const char *word;
  } cases[] = {{{{"redis.prefix", "a{b"}}, "a{b"},
               {{{"redis.restart_guard", "maybe"}}, "maybe"},
               {{{"redis.durability", "some"}}, "some"},
               {{{"redis.speed", "1"}}, "redis.speed"}};
  for (const auto &[options, word] : cases) {
    BackendDriver driver;
    assert_int_equal(driver.open(init, url_of(server), options), REPOLOCK_E_INVALID);
    assert_true(driver.open_error().find(word) != std::string::npos);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(what_was_under_way_is_unknown),
      cmocka_unit_test(nobody_is_there),
      cmocka_unit_test(a_server_that_never_answers),
      cmocka_unit_test(after_a_restart_nobody_is_let_in_at_once),
      cmocka_unit_test(a_client_that_saw_the_server_before_knows_that_it_forgot),
      cmocka_unit_test(a_strict_guard_waits_at_the_first_start_too),
      cmocka_unit_test(a_durable_server_goes_on_at_once),
      cmocka_unit_test(an_unguarded_server_goes_on_at_once),
      cmocka_unit_test(what_could_not_be_released_is_released_later),
      cmocka_unit_test(no_place_for_a_lock),
      cmocka_unit_test(errors_of_the_server_have_remedies),
      cmocka_unit_test(a_server_that_takes_no_writes_for_a_while),
      cmocka_unit_test(a_server_that_loads_its_data),
      cmocka_unit_test(the_doctor_finds_what_is_wrong),
      cmocka_unit_test(wrong_options_are_told),
  };
  return run_on_redis(tests);
}
