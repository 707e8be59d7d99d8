// Clients of one memory:NAME on threads of their own, in real time; also made for ThreadSanitizer.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "backend/memory/memory.h"
#include "support/backend_driver.h"
#include "support/memory_stores.h"

#include "support/cmocka.h"

namespace {

using namespace repolock::testing;
using repolock::backend::memory::init;

// A failed assertion must not leave a thread, so they count what went wrong instead.
class Threads {
 public:
  void start(std::function<bool()> body) {
    threads_.emplace_back([this, body = std::move(body)] {
      if (!body()) ++failures_;
    });
  }
  void join() {
    for (auto &thread : threads_) thread.join();
    assert_int_equal(failures_.load(), 0);
  }

 private:
  std::atomic<int> failures_{0};
  std::vector<std::thread> threads_;
};

bool clean(BackendDriver &driver) {
  driver.close();
  return driver.violations().empty();
}

void excludes(void **) {
  const auto url = fresh_store();
  constexpr int kThreads = 3;
  constexpr int kRounds = 200;
  int unguarded = 0;  // ThreadSanitizer would see two holders at once
  uint64_t last_fence = 0;
  Threads threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.start([&, t] {
      BackendDriver driver;
      if (driver.open(init, url) != REPOLOCK_OK) return false;
      for (int round = 0; round < kRounds; ++round) {
        const auto lease =
            lease_id(static_cast<uint64_t>(t) * kRounds + static_cast<uint64_t>(round));
        const auto &answer = driver.await(driver.acquire("a/b", lease));
        if (answer.result() != REPOLOCK_OK || answer.grant().fence <= last_fence) return false;
        last_fence = answer.grant().fence;
        ++unguarded;
        if (driver.await(driver.release("a/b", lease)).result() != REPOLOCK_OK) return false;
      }
      return clean(driver);
    });
  }
  threads.join();
  assert_int_equal(unguarded, kThreads * kRounds);
}

void a_waiter_is_granted_when_the_holders_thread_is_dead(void **) {
  const auto url = fresh_store();
  BackendDriver holder;  // its loop never turns again
  std::thread([&] {
    assert_int_equal(holder.open(init, url), REPOLOCK_OK);
    assert_int_equal(holder.answer(holder.acquire("a/b", lease_id(1), {.ttl_ms = 50})).result(),
                     REPOLOCK_OK);
  }).join();
  BackendDriver waiter;
  assert_int_equal(waiter.open(init, url), REPOLOCK_OK);
  const auto &answer = waiter.await(waiter.acquire("a/b", lease_id(2)));
  assert_int_equal(answer.result(), REPOLOCK_OK);
  assert_int_equal(answer.grant().previous, REPOLOCK_PREVIOUS_EXPIRED);
  assert_true(clean(waiter));
  assert_true(clean(holder));
}

void news_cross_threads(void **) {
  const auto url = fresh_store();
  BackendDriver holder;
  assert_int_equal(holder.open(init, url), REPOLOCK_OK);
  holder.acquire("a/b", lease_id(1));
  Threads threads;
  threads.start([&] {
    BackendDriver breaker;
    if (breaker.open(init, url) != REPOLOCK_OK) return false;
    const auto waits = breaker.acquire("a/b", lease_id(2));
    breaker.break_lease("a/b", lease_id(1));
    return breaker.await(waits).result() == REPOLOCK_OK && clean(breaker);
  });
  assert_true(holder.run_until([&] { return !holder.revocations().empty(); }));
  threads.join();
  assert_true(clean(holder));
}

// Grants and breaks are on their way to clients that are just being closed.
void nothing_is_said_to_a_closed_client(void **) {
  const auto url = fresh_store();
  std::atomic<bool> stop{false};
  Threads threads;
  threads.start([&] {
    BackendDriver driver;
    if (driver.open(init, url) != REPOLOCK_OK) return false;
    for (uint64_t i = 1; !stop; ++i) {
      const auto waits = driver.acquire("a/b", lease_id(1'000'000 + i));
      // Break whoever holds it, until it is us.
      while (!driver.answered(waits)) {
        const auto &rows = driver.await(driver.inspect("a/b")).rows;
        if (!rows.empty()) driver.await(driver.break_lease("a/b", rows[0].lease_id));
        driver.turn(0);
      }
      driver.await(driver.release("a/b", lease_id(1'000'000 + i)));
    }
    return clean(driver);
  });
  threads.start([&] {
    bool good = true;
    for (uint64_t i = 1; i <= 300; ++i) {
      BackendDriver driver;
      good = driver.open(init, url) == REPOLOCK_OK && good;
      driver.acquire("a/b", lease_id(2 * i));
      driver.acquire("a/b", lease_id(2 * i + 1));
      driver.turn(0);
      good = clean(driver) && good;
    }
    stop = true;
    return good;
  });
  threads.join();
}

// The child of a fork gets stores of its own, also when other threads were inside the parent's.
void a_forked_child_starts_afresh(void **) {
  const auto url = fresh_store();
  BackendDriver parent;
  assert_int_equal(parent.open(init, url), REPOLOCK_OK);
  parent.acquire("a/b", lease_id(1));
  std::atomic<bool> stop{false};
  Threads threads;
  threads.start([&] {
    for (uint64_t i = 1; !stop; ++i) {
      BackendDriver another;
      if (another.open(init, url) != REPOLOCK_OK) return false;
      another.acquire("c/d", lease_id(i));
      another.release("c/d", lease_id(i));
    }
    return true;
  });
  for (int i = 0; i < 20; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      parent.close();  // touches nothing
      BackendDriver own;
      const bool good = own.open(init, url) == REPOLOCK_OK &&
                        own.answer(own.acquire("a/b", lease_id(2))).grant().fence == 1;
      _exit(good ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
  }
  stop = true;
  threads.join();
  assert_int_equal(parent.answer(parent.extend("a/b", lease_id(1))).result(), REPOLOCK_OK);
  assert_true(clean(parent));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(excludes),
      cmocka_unit_test(a_waiter_is_granted_when_the_holders_thread_is_dead),
      cmocka_unit_test(news_cross_threads),
      cmocka_unit_test(nothing_is_said_to_a_closed_client),
      cmocka_unit_test(a_forked_child_starts_afresh),
  };
  return cmocka_run_group_tests_name("memory_threads", tests, nullptr, nullptr);
}
