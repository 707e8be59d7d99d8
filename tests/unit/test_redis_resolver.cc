// Names of servers into addresses, with a DNS that the test holds in its hand.
#include <netdb.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>

#include "backend/redis/resolver.h"
#include "support/bare_host.h"

#include "support/cmocka.h"

namespace {

using namespace repolock::backend::redis;  // NOLINT(google-build-using-namespace): what is tested
using repolock::backend::Failure;
using repolock::backend::Result;
using repolock::testing::BareHost;
using repolock::testing::FakeClock;

// Each look-up waits until it is told how it ends.
struct FakeDns {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, int> begun, ended;  // look-ups of a name
  std::map<std::string, int> answers;       // 0: one address; else an error

  void answer(const std::string &name, int error) {
    const std::lock_guard lock(mutex);
    answers[name] = error;
    changed.notify_all();
  }
  int begun_of(const std::string &name) {
    const std::lock_guard lock(mutex);
    return begun[name];
  }
  void await_ended(const std::string &name, int count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return ended[name] == count; });
  }
};
FakeDns dns;

int look(const std::string &name, SocketAddresses *out) {
  std::unique_lock lock(dns.mutex);
  ++dns.begun[name];
  dns.changed.wait(lock, [&] { return dns.answers.contains(name); });
  const int error = dns.answers[name];
  dns.answers.erase(name);
  if (error == 0) out->emplace_back();
  ++dns.ended[name];
  dns.changed.notify_all();
  return error;
}

struct Asker final : Resolver::Asker {
  void found(const Result<SocketAddresses> &addresses) noexcept override {
    ++answers;
    const auto *failure = std::get_if<Failure>(&addresses);
    words = failure != nullptr ? failure->message : "found";
  }
  int answers = 0;
  std::string words;
};

void one_thread_a_name(void **) {
  BareHost bare;
  Resolver resolver(bare.host(), look);
  Asker one, two, other;
  assert_false(resolver.ask("a", one).has_value());
  assert_false(resolver.ask("a", two).has_value());
  assert_false(resolver.ask("b", other).has_value());
  // b hangs, and is in nobody's way.
  dns.answer("a", 0);
  assert_true(bare.driver().run_until([&] { return one.answers == 1 && two.answers == 1; }));
  assert_string_equal(one.words.c_str(), "found");
  assert_int_equal(dns.begun_of("a"), 1);
  assert_int_equal(other.answers, 0);
  dns.answer("b", EAI_NONAME);
  assert_true(bare.driver().run_until([&] { return other.answers == 1; }));
  assert_true(other.words.starts_with("the name b leads nowhere ("));
  assert_no_violations(bare.driver());
}

void an_earlier_answer_stays_good(void **) {
  FakeClock clock;
  BareHost bare(&clock);
  Resolver resolver(bare.host(), look);
  Asker asker;
  assert_false(resolver.ask("c", asker).has_value());
  dns.answer("c", 0);
  assert_true(bare.driver().run_until([&] { return asker.answers == 1; }));

  // It fails.
  assert_false(resolver.ask("c", asker).has_value());
  dns.answer("c", EAI_AGAIN);
  assert_true(bare.driver().run_until([&] { return asker.answers == 2; }));
  assert_string_equal(asker.words.c_str(), "found");

  // It hangs: then that answer comes after half a second, as often as one asks.
  for (int i = 3; i < 6; ++i) {
    assert_false(resolver.ask("c", asker).has_value());
    clock.advance(499);
    assert_int_equal(asker.answers, i - 1);
    clock.advance(1);
    assert_int_equal(asker.answers, i);
    assert_string_equal(asker.words.c_str(), "found");
  }
  dns.answer("c", 0);
  dns.await_ended("c", 3);
  assert_int_equal(dns.begun_of("c"), 3);
  clock.advance(1000);
  assert_int_equal(asker.answers, 5);
}

void who_has_gone_is_told_nothing(void **) {
  BareHost bare;
  Asker gone, here;
  {
    Resolver resolver(bare.host(), look);
    assert_false(resolver.ask("d", gone).has_value());
    assert_false(resolver.ask("d", here).has_value());
    resolver.forget(gone);
    dns.answer("d", 0);
    assert_true(bare.driver().run_until([&] { return here.answers == 1; }));
    assert_false(resolver.ask("e", gone).has_value());
  }
  // The resolver has gone too; its thread finds that out.
  dns.answer("e", 0);
  dns.await_ended("e", 1);
  bare.driver().close();
  assert_int_equal(gone.answers, 0);
  assert_no_violations(bare.driver());
}

void what_needs_no_lookup(void **) {
  const auto family = [](const Endpoint &server) {
    const auto found = address_without_lookup(server);
    if (!found) return -1;
    const auto *addresses = std::get_if<SocketAddresses>(&*found);
    return addresses == nullptr ? -2 : static_cast<int>(addresses->at(0).storage.ss_family);
  };
  assert_int_equal(family({"127.0.0.1", 1, ""}), AF_INET);
  assert_int_equal(family({"::1", 1, ""}), AF_INET6);
  assert_int_equal(family({"", 0, "/run/a"}), AF_UNIX);
  assert_int_equal(family({"localhost", 1, ""}), -1);
  assert_int_equal(family({"1.2.3", 1, ""}), -1);
  assert_int_equal(family({"", 0, "/" + std::string(106, 'x')}), AF_UNIX);
  assert_int_equal(family({"", 0, "/" + std::string(107, 'x')}), -2);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(one_thread_a_name),
      cmocka_unit_test(an_earlier_answer_stays_good),
      cmocka_unit_test(who_has_gone_is_told_nothing),
      cmocka_unit_test(what_needs_no_lookup),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
