// A connection against a server that says what the test wants, byte by byte if need be.
#include <netdb.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "backend/redis/backoff.h"
#include "backend/redis/socket_connection.h"
#include "support/bare_host.h"
#include "support/connection_log.h"
#include "support/fake_server.h"

#include "support/cmocka.h"

namespace {

using namespace repolock::backend::redis;  // NOLINT(google-build-using-namespace): what is tested
using repolock::testing::BareHost;
using repolock::testing::ConnectionLog;
using repolock::testing::FakeClock;
using repolock::testing::FakeServer;

constexpr Limits kLimits = {2000, 1000};

// Time stands still: a limit passes when the test says so.
struct Scene {
  explicit Scene(Credentials credentials = {}, FakeServer::Kind kind = FakeServer::Kind::kUnix)
      : server(kind),
        connection(bare.host(), resolver,
                   kind == FakeServer::Kind::kUnix ? Endpoint{"", 0, server.path()}
                                                   : Endpoint{"127.0.0.1", server.port(), ""},
                   std::move(credentials), kLimits, [this] { ++memory_failures; }) {
    connection.open(log);
  }

  // A try is a timer's: at most two seconds away.
  bool accept() {
    for (int i = 0; i < 3000; ++i) {
      turn();
      if (server.accept()) return true;
      clock.advance(1);
    }
    return false;
  }
  void turn() {
    while (bare.driver().turn(0)) continue;
  }
  bool connect() {
    const int before = log.connections;
    return accept() && (turn(), log.connections == before + 1);
  }
  void say(const std::string &bytes) {
    server.say(bytes);
    turn();
  }
  void send(std::initializer_list<std::string_view> words) { log.send(connection, words); }
  std::string lines() { return log.take(); }

  FakeClock clock;
  BareHost bare{&clock};
  Resolver resolver{bare.host()};
  FakeServer server;
  ConnectionLog log;
  int memory_failures = 0;
  SocketConnection connection;
};

void assert_lines(Scene &scene, const std::string &lines) {
  assert_string_equal(scene.lines().c_str(), lines.c_str());
}

void assert_lost(Scene &scene, const std::string &words) {
  const std::string &message = scene.log.last_loss.message;
  if (message.find(words) == std::string::npos) fail_msg("%s", message.c_str());
  const std::string name = "unix:" + scene.server.path();
  assert_true(message.starts_with(name) || message.starts_with("127.0.0.1:"));
  assert_true(message.find("; ") != std::string::npos);  // the remedy
}

constexpr char kGet[] = "*2\r\n$3\r\nGET\r\n$1\r\n1\r\n";

void many_commands_travel_in_one_write(void **) {
  Scene scene;
  assert_true(scene.connect());
  assert_true(scene.connection.is_connected());
  scene.send({"GET", "1"});
  scene.send({"GET", "1"});
  scene.bare.driver().turn(0);
  assert_string_equal(scene.server.heard().c_str(), (std::string(kGet) + kGet).c_str());
  scene.say("+a\r\n");
  assert_lines(scene, "connected;GET a;");
  scene.say(":2\r\n");
  assert_lines(scene, "GET 2;");
  assert_no_violations(scene.bare.driver());
}

void an_answer_byte_by_byte(void **) {
  Scene scene({}, FakeServer::Kind::kTcp);
  assert_true(scene.connect());
  scene.send({"GET", "1"});
  scene.turn();
  scene.lines();
  for (const char byte : std::string("$5\r\nab\r\nc\r\n")) {
    assert_lines(scene, "");
    scene.say(std::string(1, byte));
    assert_true(scene.bare.driver().run_until([&] { return true; }));
  }
  assert_true(scene.bare.driver().run_until([&] { return scene.log.outcomes == 1; }));
  assert_lines(scene, "GET ab\r\nc;");
}

void greeting_is_one_write(void **) {
  Scene scene({"bob", "pw", 7});
  assert_true(scene.accept());
  assert_string_equal(
      scene.server.heard().c_str(),
      "*3\r\n$4\r\nAUTH\r\n$3\r\nbob\r\n$2\r\npw\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n7\r\n");
  scene.say("+OK\r\n");
  assert_false(scene.connection.is_connected());
  scene.send({"GET", "1"});
  assert_lines(scene, "GET E_UNAVAILABLE;");
  scene.say("+OK\r\n");
  assert_true(scene.connection.is_connected());
  assert_lines(scene, "connected;");
}

void a_greeting_that_is_refused(void **) {
  Scene scene({"", "pw", 0});
  for (int i = 0; i < 3; ++i) {
    assert_true(scene.accept());
    assert_string_equal(scene.server.heard().c_str(), "*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n");
    scene.say("-WRONGPASS invalid username-password pair or user is disabled.\r\n");
    assert_lines(scene, "disconnected E_DENIED;");
    assert_lost(scene, " refuses the user or the password");
  }
  assert_int_equal(scene.log.connections, 0);
}

void a_greeting_that_is_not_answered(void **) {
  Scene scene({"", "", 1});
  assert_true(scene.accept());
  scene.clock.advance(kLimits.connect_ms - 1);
  assert_lines(scene, "");
  scene.clock.advance(1);
  assert_lines(scene, "disconnected E_UNAVAILABLE;");
  assert_lost(scene, " did not answer within 2000 ms of connecting");
}

void pushes_between_replies(void **) {
  Scene scene;
  assert_true(scene.connect());
  scene.send({"SUBSCRIBE", "c"});
  scene.send({"PING"});
  scene.turn();
  scene.say(
      "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$5\r\nearly\r\n"
      "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"
      "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$3\r\none\r\n"
      "*2\r\n$4\r\npong\r\n$0\r\n\r\n"
      "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$3\r\ntwo\r\n");
  assert_lines(scene, "connected;message c early;SUBSCRIBE ;message c one;PING ;message c two;");
}

void what_a_server_may_do_wrong(void **) {
  const struct {
    std::string bytes;
    const char *words;
  } cases[] = {
      {"HTTP/1.1 400 Bad Request\r\n\r\n", " sent what is no answer of Redis (Protocol error"},
      {"\x15\x03\x03", " without TLS?"},
      {"*200001\r\n", " (a reply of more than 200000 elements)"},
      {"+a\r\n+b\r\n", " answered what nobody had asked"},
      {"+a\r\n-ERR max number of clients reached\r\n", " has too many clients"},
      {"+a\r\n*3\r\n$7\r\nmessage\r\n:1\r\n:2\r\n", " answered what nobody had asked"},
  };
  for (const auto &each : cases) {
    Scene scene;
    assert_true(scene.connect());
    scene.send({"GET", "1"});
    scene.turn();
    scene.say(each.bytes);
    const bool is_answered = each.bytes.starts_with("+a");
    assert_lines(scene, is_answered ? "connected;GET a;disconnected E_UNAVAILABLE;"
                                    : "connected;GET E_UNKNOWN;disconnected E_UNAVAILABLE;");
    assert_lost(scene, each.words);
    assert_true(scene.server.is_left());
    assert_true(scene.connect());  // and comes back
  }
}

void an_answer_of_two_gigabytes(void **) {
  Scene scene;
  assert_true(scene.connect());
  scene.send({"GET", "1"});
  scene.turn();
  scene.say("$2000000000\r\n");
  const std::string piece(64 << 10, 'x');
  for (int i = 0; i < 1000 && scene.log.losses == 0; ++i) scene.say(piece);
  assert_lost(scene, " (a reply of more than 16 MiB)");
}

void an_answer_before_the_question(void **) {
  Scene scene;
  assert_true(scene.connect());
  scene.send({"GET", "1"});
  scene.server.say("+a\r\n");
  // Not flushed yet: the readable socket comes first in a turn.
  scene.turn();
  assert_lines(scene, "connected;GET E_UNAVAILABLE;disconnected E_UNAVAILABLE;");
  assert_lost(scene, " answered what nobody had asked");
}

void a_server_that_goes(void **) {
  Scene scene;
  assert_true(scene.connect());
  scene.send({"GET", "1"});
  scene.send({"GET", "2"});
  scene.turn();
  scene.server.say("+a\r\n$10\r\nabc");
  scene.send({"GET", "3"});
  scene.server.hang_up();
  scene.turn();
  assert_true(scene.bare.driver().run_until([&] { return scene.log.losses == 1; }));
  assert_lines(scene,
               "connected;GET a;GET E_UNKNOWN;GET E_UNAVAILABLE;disconnected E_UNAVAILABLE;");
  scene.send({"GET", "4"});
  assert_lines(scene, "GET E_UNAVAILABLE;");
  assert_true(scene.connect());
  scene.send({"GET", "1"});
  scene.turn();
  assert_string_equal(scene.server.heard().c_str(), kGet);  // nothing was kept
}

void the_last_words_of_a_server(void **) {
  Scene scene({}, FakeServer::Kind::kTcp);
  assert_true(scene.accept());
  scene.server.say("-DENIED Redis is running in protected mode\r\n");
  scene.server.hang_up();
  assert_true(scene.bare.driver().run_until([&] { return scene.log.losses == 1; }));
  assert_lost(scene, " is in protected mode");
}

void a_server_that_resets(void **) {
  Scene scene({}, FakeServer::Kind::kTcp);
  assert_true(scene.connect());
  scene.send({"GET", "1"});
  scene.turn();
  scene.server.reset();
  assert_true(scene.bare.driver().run_until([&] { return scene.log.losses == 1; }));
  assert_lines(scene, "connected;GET E_UNKNOWN;disconnected E_UNAVAILABLE;");
}

void a_server_that_refuses(void **) {
  for (const auto kind : {FakeServer::Kind::kUnix, FakeServer::Kind::kTcp}) {
    Scene scene({}, kind);
    scene.server.stop_listening();
    scene.clock.advance(10'000);
    assert_true(scene.bare.driver().run_until([&] { return scene.log.losses > 0; }));
    assert_lost(scene, ": Connection refused; start the server, or correct the URL");
    assert_int_equal(scene.log.last_loss.status, REPOLOCK_E_UNAVAILABLE);
    assert_int_equal(scene.log.connections, 0);
  }
}

// DNS says nothing until the test is over.
std::mutex dns_is_away;
int look_for_ever(const std::string &, SocketAddresses *) {
  const std::lock_guard lock(dns_is_away);
  return EAI_AGAIN;
}

void a_name_that_is_looked_up_for_ever(void **) {
  const std::lock_guard lock(dns_is_away);
  FakeClock clock;
  BareHost bare(&clock);
  Resolver resolver(bare.host(), look_for_ever);
  ConnectionLog log;
  SocketConnection connection(bare.host(), resolver, {"db.example.org", 6379, ""}, {}, kLimits,
                              [] {});
  connection.open(log);
  clock.advance(kLimits.connect_ms - 1);
  assert_int_equal(log.losses, 0);
  clock.advance(1);
  assert_int_equal(log.losses, 1);
  assert_string_equal(log.last_loss.message.c_str(),
                      "db.example.org:6379: its name was not found within 2000 ms; look at this "
                      "machine's DNS");
  assert_int_equal(log.last_loss.status, REPOLOCK_E_UNAVAILABLE);
  clock.advance(2 * kLimits.connect_ms);
  assert_int_equal(log.losses, 2);  // it goes on trying
}

void a_server_that_never_answers(void **) {
  Scene scene;
  assert_true(scene.connect());
  scene.send({"GET", "1"});
  scene.turn();
  scene.clock.advance(600);
  scene.send({"GET", "2"});
  scene.turn();
  scene.say("+a\r\n");
  scene.clock.advance(600);
  assert_lines(scene, "connected;GET a;");  // the second one has 400 ms left
  scene.clock.advance(399);
  assert_lines(scene, "");
  scene.clock.advance(1);
  assert_lines(scene, "GET E_UNKNOWN;disconnected E_UNAVAILABLE;");
  assert_lost(scene, " gave no answer within 1000 ms");
}

void an_idle_connection_has_no_limit(void **) {
  Scene scene;
  assert_true(scene.connect());
  scene.send({"GET", "1"});
  scene.turn();
  scene.say("+a\r\n");
  scene.clock.advance(1000);
  assert_true(scene.bare.driver().next_timer() == INT64_MAX);
  scene.clock.advance(3'600'000);
  assert_lines(scene, "connected;GET a;");
}

// It was this process that slept: the answer is in the socket.
void an_answer_that_waited_for_its_reader(void **) {
  Scene scene;
  assert_true(scene.connect());
  scene.send({"GET", "1"});
  scene.turn();
  scene.server.say("+a\r\n");
  scene.clock.advance(5000);
  assert_lines(scene, "connected;GET a;");
}

void a_server_that_does_not_read(void **) {
  Scene scene;
  assert_true(scene.connect());
  scene.lines();
  const std::string big(1 << 20, 'x');
  for (int i = 0; i < 8; ++i) scene.send({"SET", big});
  scene.turn();
  size_t heard = 0;
  // What it reads makes room for more.
  for (int i = 0; i < 100'000 && heard < 8 * big.size(); ++i) {
    heard = scene.server.heard().size();
    scene.turn();
  }
  assert_true(heard > 8 * big.size());
  scene.say("+a\r\n+a\r\n+a\r\n+a\r\n+a\r\n+a\r\n+a\r\n+a\r\n");
  assert_int_equal(scene.log.outcomes, 8);
  scene.lines();

  for (int i = 0; i < 66; ++i) scene.send({"SET", big});
  scene.turn();
  assert_lost(scene, " takes no more commands");
  int unknown = 0, unavailable = 0;
  for (const std::string &line : scene.log.lines) {
    unknown += line == "SET E_UNKNOWN" ? 1 : 0;
    unavailable += line == "SET E_UNAVAILABLE" ? 1 : 0;
  }
  assert_int_equal(unknown + unavailable, 66);
  assert_in_range(unknown, 1, 5);
}

void give_up_inside_an_answer(void **) {
  Scene scene;
  assert_true(scene.connect());
  scene.connection.send(std::vector<std::string_view>{"GET", "1"}, [&](const Outcome &) {
    scene.connection.give_up({REPOLOCK_E_MISCONFIGURED, "no fence"});
    scene.connection.give_up({REPOLOCK_E_INTERNAL, "not heard"});
    scene.send({"GET", "late"});
    scene.log.add("gave up");
  });
  scene.send({"GET", "2"});
  scene.turn();
  scene.say("+a\r\n+b\r\n+c\r\n");
  assert_lines(scene,
               "connected;GET E_UNKNOWN;disconnected E_MISCONFIGURED;GET E_UNAVAILABLE;gave up;");
  assert_true(scene.connect());
}

void commands_inside_callbacks(void **) {
  Scene scene;
  scene.log.on_connected = [&] { scene.send({"GET", "1"}); };
  scene.log.on_disconnected = [&] { scene.send({"GET", "2"}); };
  assert_true(scene.connect());
  scene.turn();
  assert_string_equal(scene.server.heard().c_str(), kGet);
  scene.server.hang_up();
  scene.turn();
  assert_lines(scene, "connected;GET E_UNKNOWN;disconnected E_UNAVAILABLE;GET E_UNAVAILABLE;");
  scene.log.on_connected = [&] { scene.connection.give_up({REPOLOCK_E_DENIED, "no"}); };
  assert_true(scene.connect());
  assert_lines(scene, "connected;disconnected E_DENIED;GET E_UNAVAILABLE;");
}

void want_of_memory_in_a_callback(void **) {
  Scene scene;
  assert_true(scene.connect());
  scene.connection.send(std::vector<std::string_view>{"GET", "1"},
                        [&](const Outcome &) { throw std::bad_alloc(); });
  scene.send({"GET", "2"});
  scene.turn();
  scene.say("+a\r\n+b\r\n");
  assert_int_equal(scene.memory_failures, 1);
  assert_lines(scene, "connected;");  // the other one is forgotten
  assert_false(scene.connection.is_connected());
  assert_true(scene.connect());
}

void a_crowd_comes_back_slowly(void **) {
  Backoff backoff;
  for (const int64_t most : {50, 100, 200, 400, 800, 1600, 2000, 2000, 2000}) {
    Backoff lowest = backoff;
    assert_int_equal(lowest.next_ms(0), 1);
    assert_int_equal(backoff.next_ms(static_cast<uint64_t>(most) - 1), most);
  }
  backoff.settle();
  assert_int_equal(backoff.next_ms(49), 50);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(many_commands_travel_in_one_write),
      cmocka_unit_test(an_answer_byte_by_byte),
      cmocka_unit_test(greeting_is_one_write),
      cmocka_unit_test(a_greeting_that_is_refused),
      cmocka_unit_test(a_greeting_that_is_not_answered),
      cmocka_unit_test(pushes_between_replies),
      cmocka_unit_test(what_a_server_may_do_wrong),
      cmocka_unit_test(an_answer_of_two_gigabytes),
      cmocka_unit_test(an_answer_before_the_question),
      cmocka_unit_test(a_server_that_goes),
      cmocka_unit_test(the_last_words_of_a_server),
      cmocka_unit_test(a_server_that_resets),
      cmocka_unit_test(a_server_that_refuses),
      cmocka_unit_test(a_name_that_is_looked_up_for_ever),
      cmocka_unit_test(a_server_that_never_answers),
      cmocka_unit_test(an_idle_connection_has_no_limit),
      cmocka_unit_test(an_answer_that_waited_for_its_reader),
      cmocka_unit_test(a_server_that_does_not_read),
      cmocka_unit_test(give_up_inside_an_answer),
      cmocka_unit_test(commands_inside_callbacks),
      cmocka_unit_test(want_of_memory_in_a_callback),
      cmocka_unit_test(a_crowd_comes_back_slowly),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
