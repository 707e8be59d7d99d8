// A connection against real servers: they die, stop, refuse, and come back.
#include <dirent.h>
#include <sys/socket.h>

#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "backend/redis/server_error.h"
#include "backend/redis/socket_connection.h"
#include "support/bare_host.h"
#include "support/connection_log.h"
#include "support/fake_server.h"
#include "support/redis_server.h"

#include "support/cmocka.h"
#include "support/run_on_redis.h"

namespace {

using namespace repolock::backend::redis;  // NOLINT(google-build-using-namespace): what is tested
using repolock::testing::BareHost;
using repolock::testing::ConnectionLog;
using repolock::testing::FakeServer;
using repolock::testing::RedisServer;
using repolock::testing::run_on_redis;

// None of these pass where nothing is wrong.
constexpr Limits kLong = {60'000, 60'000};

struct Scene {
  explicit Scene(Endpoint server, Credentials credentials = {}, Limits limits = kLong)
      : connection(bare.host(), resolver, std::move(server), std::move(credentials), limits,
                   [] {}) {
    connection.open(log);
  }
  template <class Predicate>
  bool until(const Predicate &predicate) {
    return bare.driver().run_until(predicate, 60'000);
  }
  bool connected() {
    return until([&] { return connection.is_connected(); });
  }
  bool lost(int times = 1) {
    return until([&] { return log.losses >= times; });
  }
  bool answered(int times) {
    return until([&] { return log.outcomes >= times; });
  }

  BareHost bare;
  Resolver resolver{bare.host()};
  ConnectionLog log;
  SocketConnection connection;
};

Endpoint on_path(const RedisServer &server) {
  return {"", 0, server.path()};
}

void assert_lost(const Scene &scene, repolock_status_t status, const char *words) {
  const auto &loss = scene.log.last_loss;
  if (loss.message.find(words) == std::string::npos) fail_msg("%s", loss.message.c_str());
  assert_int_equal(loss.status, status);
}

void passwords(void **) {
  const RedisServer server({"--requirepass", "right"});
  assert_true(server.is_running());
  Scene right(on_path(server), {"", "right", 0});
  assert_true(right.connected());
  Scene user(on_path(server), {"default", "right", 3});
  assert_true(user.connected());
  Scene wrong(on_path(server), {"", "wrong", 0});
  assert_true(wrong.lost(2));  // it goes on trying
  assert_lost(wrong, REPOLOCK_E_DENIED, " refuses the user or the password (WRONGPASS");
  assert_int_equal(wrong.log.connections, 0);
  Scene none(on_path(server), {"", "", 1});
  assert_true(none.lost());
  assert_lost(none, REPOLOCK_E_DENIED, " wants a password (NOAUTH");
}

void a_password_too_many(void **) {
  const RedisServer server;
  assert_true(server.is_running());
  Scene scene(on_path(server), {"", "pw", 0});
  assert_true(scene.lost());
  assert_lost(scene, REPOLOCK_E_DENIED, " has no password (ERR AUTH <password> called without");
}

void users(void **) {
  const repolock::testing::LockDirectory directory;
  const std::string path = directory.path() / "acl";
  std::ofstream(path) << "user bob on >pw ~repolock:* +get +set +select +eval\n";
  const RedisServer server({"--aclfile", path});
  assert_true(server.is_running());
  Scene scene(on_path(server), {"bob", "pw", 1});
  assert_true(scene.connected());
  std::vector<std::string> messages;
  const auto ask = [&](std::vector<std::string_view> words) {
    scene.connection.send(words, [&](const Outcome &outcome) {
      const auto failure = failure_of(outcome.reply.text, "s");
      messages.push_back(outcome.reply.is_error() ? failure.message : "fine");
      assert_int_equal(failure.status,
                       outcome.reply.is_error() ? REPOLOCK_E_DENIED : REPOLOCK_E_UNAVAILABLE);
    });
  };
  ask({"SET", "repolock:a", "1"});
  ask({"GET", "other"});
  ask({"PUBLISH", "a", "b"});
  ask({"EVAL", "return redis.call('PUBLISH', 'a', 'b')", "0"});
  assert_true(scene.until([&] { return messages.size() == 4; }));
  assert_string_equal(messages[0].c_str(), "fine");
  assert_non_null(strstr(messages[1].c_str(), "give the user ~repolock:*"));
  assert_non_null(strstr(messages[2].c_str(), "give the user +publish"));
  assert_non_null(strstr(messages[3].c_str(), "give the user "));
  assert_null(strstr(messages[3].c_str(), "user_script"));
}

void databases(void **) {
  const RedisServer server({"--databases", "4"});
  assert_true(server.is_running());
  Scene last(on_path(server), {"", "", 3});
  assert_true(last.connected());
  Scene beyond(on_path(server), {"", "", 4});
  assert_true(beyond.lost());
  assert_lost(beyond, REPOLOCK_E_MISCONFIGURED, " has no database of that number");
}

void a_server_that_is_killed(void **) {
  RedisServer server;
  assert_true(server.is_running());
  Scene scene(on_path(server));
  assert_true(scene.connected());
  scene.connection.settle();
  server.stop();  // so that the answer cannot come before its end
  scene.log.send(scene.connection, {"SET", "a", "1"});
  scene.bare.driver().turn(0);
  server.kill();
  assert_true(scene.lost());
  assert_string_equal(scene.log.take().c_str(),
                      "connected;SET E_UNKNOWN;disconnected E_UNAVAILABLE;");
  assert_true(scene.lost(2));  // nobody is there
  assert_true(server.restart());
  assert_true(scene.connected());
  scene.log.send(scene.connection, {"PING"});
  assert_true(scene.answered(2));
  assert_string_equal(scene.log.lines.back().c_str(), "PING PONG");
}

void a_server_that_is_stopped(void **) {
  RedisServer server;
  assert_true(server.is_running());
  Scene scene(on_path(server), {}, {60'000, 100});
  assert_true(scene.connected());
  server.stop();
  scene.log.send(scene.connection, {"SET", "a", "1"});
  assert_true(scene.lost());
  assert_lost(scene, REPOLOCK_E_UNAVAILABLE, " gave no answer within 100 ms");
  assert_string_equal(scene.log.lines[1].c_str(), "SET E_UNKNOWN");
  server.resume();
  assert_true(scene.connected());
}

void ten_thousand_commands(void **) {
  const RedisServer server({}, true);
  assert_true(server.is_running());
  for (const Endpoint &endpoint : {on_path(server), Endpoint{"127.0.0.1", server.port(), ""}}) {
    Scene scene(endpoint);
    assert_true(scene.connected());
    constexpr int kMany = 10'000;
    for (int i = 0; i < kMany; ++i) {
      const std::string number = std::to_string(i);
      scene.log.send(scene.connection, {"ECHO", number});
    }
    assert_true(scene.answered(kMany));
    assert_string_equal(scene.log.lines[0].c_str(), "connected");
    for (size_t i = 0; i < kMany; ++i)
      assert_true(scene.log.lines[i + 1] == "ECHO " + std::to_string(i));
    assert_no_violations(scene.bare.driver());
  }
}

void messages(void **) {
  const RedisServer server;
  assert_true(server.is_running());
  Scene subscriber(on_path(server)), publisher(on_path(server));
  assert_true(subscriber.connected());
  subscriber.log.send(subscriber.connection, {"SUBSCRIBE", "c"});
  assert_true(subscriber.answered(1));
  assert_true(publisher.connected());
  publisher.log.send(publisher.connection, {"PUBLISH", "c", "hello"});
  assert_true(publisher.answered(1));
  subscriber.log.send(subscriber.connection, {"PING"});
  assert_true(subscriber.answered(2));
  assert_string_equal(subscriber.log.take().c_str(), "connected;SUBSCRIBE ;message c hello;PING ;");
}

void names(void **) {
  const RedisServer server({}, true);
  assert_true(server.is_running());
  Scene local({"localhost", server.port(), ""});
  assert_true(local.connected());
  Scene nowhere({"no-such-host.invalid", 6379, ""});
  assert_true(nowhere.lost());
  assert_lost(nowhere, REPOLOCK_E_UNAVAILABLE,
              "no-such-host.invalid:6379: the name no-such-host.invalid leads nowhere (");
}

void a_port_where_nobody_is(void **) {
  RedisServer server({}, true);
  assert_true(server.is_running());
  const uint16_t port = server.port();
  server.kill();
  Scene scene({"localhost", port, ""});  // by name: each of its addresses is tried
  assert_true(scene.lost(2));
  assert_lost(scene, REPOLOCK_E_UNAVAILABLE, ": Connection refused; ");
}

void a_socket_that_is_not_there(void **) {
  Scene scene({"", 0, "/nonexistent/socket"});
  assert_true(scene.lost());
  assert_lost(scene, REPOLOCK_E_UNAVAILABLE, "correct the path in the URL");
  Scene other({"", 0, "/" + std::string(200, 'x')});
  assert_true(other.lost());
  assert_lost(other, REPOLOCK_E_INVALID, "at most 107 bytes");
}

void a_listener_that_never_accepts(void **) {
  const FakeServer server(FakeServer::Kind::kTcp);
  Scene scene({"127.0.0.1", server.port(), ""}, {}, {60'000, 100});
  assert_true(scene.connected());  // by the kernel
  scene.log.send(scene.connection, {"PING"});
  assert_true(scene.lost());
  assert_lost(scene, REPOLOCK_E_UNAVAILABLE, " gave no answer within 100 ms");
  Scene greeting({"127.0.0.1", server.port(), ""}, {"", "pw", 0}, {100, 100});
  assert_true(greeting.lost());
  assert_lost(greeting, REPOLOCK_E_UNAVAILABLE, " did not answer within 100 ms of connecting");
}

int open_descriptors() {
  int count = 0;
  DIR *directory = opendir("/proc/self/fd");
  while (readdir(directory) != nullptr) ++count;
  closedir(directory);
  return count;
}

void no_descriptor_is_lost(void **) {
  const RedisServer server;
  assert_true(server.is_running());
  Scene scene(on_path(server));
  assert_true(scene.connected());
  const int before = open_descriptors();
  for (int i = 1; i <= 100; ++i) {
    scene.connection.settle();
    scene.connection.give_up({REPOLOCK_E_UNAVAILABLE, "again"});
    assert_int_equal(open_descriptors(), before - 1);
    assert_true(scene.until([&] { return scene.log.connections == i + 1; }));
    assert_int_equal(open_descriptors(), before);
  }
  assert_no_violations(scene.bare.driver());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(passwords),
      cmocka_unit_test(a_password_too_many),
      cmocka_unit_test(users),
      cmocka_unit_test(databases),
      cmocka_unit_test(a_server_that_is_killed),
      cmocka_unit_test(a_server_that_is_stopped),
      cmocka_unit_test(ten_thousand_commands),
      cmocka_unit_test(messages),
      cmocka_unit_test(names),
      cmocka_unit_test(a_port_where_nobody_is),
      cmocka_unit_test(a_socket_that_is_not_there),
      cmocka_unit_test(a_listener_that_never_accepts),
      cmocka_unit_test(no_descriptor_is_lost),
  };
  return run_on_redis(tests);
}
