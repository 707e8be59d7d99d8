// repolock.hpp where things go wrong: callbacks that throw, processes that end or fork, signals, leases
// that nobody releases.
#include <pthread.h>
#include <semaphore.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "support/cmocka.h"
// Behind it:
#include "places.h"
#include "support/child.h"

namespace repolock::testing {
namespace {

constexpr milliseconds kBrief(300);  // a ttl

// What the test says on purpose, and no core of it.
void end_quietly() {
  const rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  static_cast<void>(freopen("/dev/null", "w", stderr));
}

void a_listener_that_throws_ends_the_program(void **state) {
  Child thrower([&](Child &parent) {
    end_quietly();
    client ours = client_of(state);
    lease held = ours.acquire("owner/name");
    held.on_lost([](const loss &) { throw std::runtime_error("nobody could catch it"); });
    ours.break_lease("owner/name", held.id());
    parent.hear();
    return 0;
  });
  assert_int_equal(thrower.wait(), -SIGABRT);
}

void so_does_one_of_a_wait(void **state) {
  Child thrower([&](Child &) {
    end_quietly();
    client ours = client_of(state);
    const lease held = ours.acquire("owner/name");
    ours.acquire("owner/name", request().on_wait([](const std::string &) { throw 7; }));
    return 0;
  });
  assert_int_equal(thrower.wait(), -SIGABRT);
}

void a_process_that_ends_at_once_leaves_its_lock_behind(void **state) {
  Child holder([&](Child &) -> int {
    client ours = client_of(state);
    const lease held = ours.acquire("owner/name", request().ttl(kBrief));
    std::_Exit(held ? 3 : 4);
  });
  assert_int_equal(holder.wait(), 3);
  client ours = client_of(state);
  const lease next = ours.acquire("owner/name");
  assert_true(next.previous() == previous::crashed || next.previous() == previous::expired);
}

void exit_releases_what_is_static(void **state) {
  fflush(nullptr);  // exit() in the child writes what is left
  Child holder([&](Child &) {
    static client ours = client_of(state);
    static const lease kHeld = ours.acquire("owner/name");
    std::exit(kHeld ? 3 : 4);
    return 5;
  });
  assert_int_equal(holder.wait(), 3);
  client ours = client_of(state);
  assert_true(ours.acquire("owner/name", at_once()).previous() == previous::released);
}

template <class Call>
bool is_forked(Call call) {
  return error_of(call).code() == errc::forked;
}

// The number of the first check that failed.
int look_from_the_child(void **state, client &ours, lease &held, mutex &repository) {
  if (held.status() != errc::forked) return 1;
  if (!is_forked([&] { ours.acquire("owner/name"); })) return 2;
  if (!is_forked([&] { ours.with_lock("owner/other", [](lease &) {}); })) return 3;
  if (!is_forked([&] { repository.lock(); })) return 4;
  if (!is_forked([&] { held.release(); })) return 5;
  if (!is_forked([&] { ours.inspect(); })) return 6;
  { const lease gone = std::move(held); }  // nothing happens to the parent's
  { const client gone = std::move(ours); }
  client own = client_of(state);
  if (is_free(own, "owner/name")) return 7;
  return own.with_lock("owner/other", [](const lease &mine) { return mine ? 0 : 8; });
}

void in_the_child_of_a_fork_all_says_so(void **state) {
  client ours = client_of(state);
  lease held = ours.acquire("owner/name");
  mutex repository(ours, "owner/third");
  Child child([&](Child &) { return look_from_the_child(state, ours, held, repository); });
  assert_int_equal(child.wait(), 0);
  assert_true(static_cast<bool>(held));
  held.release();
}

void with_lock_of_a_forked_child_ends_without_a_release(void **state) {
  client ours = client_of(state);
  ours.with_lock("owner/name", [&](lease &held) {
    Child child([&](Child &) { return held.status() == errc::forked ? 0 : 1; });
    assert_int_equal(child.wait(), 0);
    assert_true(static_cast<bool>(held));
  });
  assert_true(is_free(ours, "owner/name"));
}

sem_t handled;
void handle(int /*signal*/) {
  sem_post(&handled);
}

void a_signal_is_handled_during_a_wait_that_goes_on(void **state) {
  sem_init(&handled, 0, 0);
  struct sigaction action = {};
  action.sa_handler = handle;  // without SA_RESTART
  struct sigaction before = {};
  sigaction(SIGUSR1, &action, &before);

  client ours = client_of(state);
  client theirs = client_of(state);
  lease held = theirs.acquire("owner/name");
  std::thread other([&] {
    sem_wait(&handled);  // ours was interrupted, and would not be if it waited in vain
    held.release();
  });
  bool is_sent = false;
  const pthread_t waiter = pthread_self();
  const lease won =
      ours.acquire("owner/name", request().wait_forever().on_wait([&](const std::string &) {
        if (!std::exchange(is_sent, true)) pthread_kill(waiter, SIGUSR1);
      }));
  other.join();
  sigaction(SIGUSR1, &before, nullptr);
  sem_destroy(&handled);
  assert_true(static_cast<bool>(won));
}

void a_lease_that_is_dropped_ends_by_its_ttl(void **state) {
  client ours = client_of(state);
  client theirs = client_of(state);
  lease held = ours.acquire("owner/name", request().ttl(kBrief));
  held.drop();
  assert_false(static_cast<bool>(held));
  assert_false(is_free(theirs, "owner/name"));
  assert_true(theirs.acquire("owner/name").previous() == previous::expired);
}

}  // namespace
}  // namespace repolock::testing

/* clang-format off */
#define BETWEEN_PROCESSES(test) \
  {#test " (file:)", test, in_files, leave, nullptr}, \
  {#test " (redis:)", test, in_redis, leave, nullptr}
/* clang-format on */

int main() {
  using namespace repolock::testing;
  const CMUnitTest tests[] = {
      ON_EACH(a_listener_that_throws_ends_the_program),
      ON_EACH(so_does_one_of_a_wait),
      BETWEEN_PROCESSES(a_process_that_ends_at_once_leaves_its_lock_behind),
      BETWEEN_PROCESSES(exit_releases_what_is_static),
      BETWEEN_PROCESSES(in_the_child_of_a_fork_all_says_so),
      ON_EACH(with_lock_of_a_forked_child_ends_without_a_release),
      ON_EACH(a_signal_is_handled_during_a_wait_that_goes_on),
      ON_EACH(a_lease_that_is_dropped_ends_by_its_ttl),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
