// repolock::mutex is what std::unique_lock and std::scoped_lock expect, between clients and threads.
#include <mutex>
#include <thread>
#include <vector>

#include "support/cmocka.h"
// Behind it:
#include "places.h"

namespace repolock::testing {
namespace {

void a_unique_lock_holds_the_repository(void **state) {
  client ours = client_of(state);
  mutex repository(ours, "owner/name");
  {
    const std::unique_lock<mutex> held(repository);
    assert_true(static_cast<bool>(repository.holding()));
    assert_false(is_free(ours, "owner/name"));
  }
  assert_true(is_free(ours, "owner/name"));
}

void a_mutex_that_is_held_elsewhere_is_not_obtained(void **state) {
  client ours = client_of(state);
  mutex repository(ours, "owner/name");
  client theirs = client_of(state);
  const lease taken = theirs.acquire("owner/name");
  const std::unique_lock<mutex> at_once(repository, std::try_to_lock);
  assert_false(at_once.owns_lock());
  const std::unique_lock<mutex> in_time(repository, milliseconds(20));
  assert_false(in_time.owns_lock());
  assert_false(
      repository.try_lock_until(std::chrono::system_clock::now() + std::chrono::microseconds(10)));
}

void a_timed_lock_is_obtained_when_it_is_free(void **state) {
  client ours = client_of(state);
  mutex repository(ours, "owner/name");
  const std::unique_lock<mutex> held(repository, std::chrono::minutes(1));
  assert_true(held.owns_lock());
}

void scoped_locks_of_two_in_either_order_end(void **state) {
  client ours = client_of(state);
  client theirs = client_of(state);
  int count = 0;
  const auto work = [&count](client &owner, const char *one, const char *other) {
    mutex first(owner, one);
    mutex second(owner, other);
    for (int i = 0; i < 10; ++i) {
      const std::scoped_lock both(first, second);
      ++count;
    }
  };
  std::thread there(work, std::ref(theirs), "owner/b", "owner/a");
  work(ours, "owner/a", "owner/b");
  there.join();
  assert_int_equal(count, 20);
}

void threads_that_share_a_mutex_come_one_at_a_time(void **state) {
  client ours = client_of(state);
  mutex repository(ours, "owner/name");
  int count = 0;  // no atomic: the mutex is what orders them
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int turn = 0; turn < 10; ++turn) {
        const std::lock_guard<mutex> held(repository);
        ++count;
      }
    });
  for (std::thread &thread : threads) thread.join();
  assert_int_equal(count, 40);
}

void a_client_that_was_shut_down_locks_nothing(void **state) {
  client ours = client_of(state);
  mutex repository(ours, "owner/name");
  ours.shutdown(milliseconds(0));
  std::error_code code;
  try {
    repository.lock();
  } catch (const error &failed) {
    code = failed.code();
  }
  assert_true(code == errc::shutdown);
}

}  // namespace
}  // namespace repolock::testing

int main() {
  using namespace repolock::testing;
  const CMUnitTest tests[] = {
      ON_EACH(a_unique_lock_holds_the_repository),
      ON_EACH(a_mutex_that_is_held_elsewhere_is_not_obtained),
      ON_EACH(a_timed_lock_is_obtained_when_it_is_free),
      ON_EACH(scoped_locks_of_two_in_either_order_end),
      ON_EACH(threads_that_share_a_mutex_come_one_at_a_time),
      ON_EACH(a_client_that_was_shut_down_locks_nothing),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
