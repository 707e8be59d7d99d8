// client.with_lock of repolock.hpp: what would wait for itself is told so, as repolock_with_lock does.
#include <cstring>
#include <mutex>
#include <thread>

#include "support/cmocka.h"
// Behind it:
#include "places.h"

namespace repolock::testing {
namespace {

void is_a_deadlock_of(const error &failed, const char *repo) {
  assert_true(failed.code() == errc::deadlock);
  assert_true(failed.code() == std::errc::resource_deadlock_would_occur);
  assert_non_null(strstr(failed.what(), repo));
}

void inside_it_the_same_repository_is_a_deadlock(void **state) {
  client ours = client_of(state);
  ours.with_lock("owner/name", [&](lease &held) {
    is_a_deadlock_of(error_of([&] { ours.with_lock("owner/name", [](lease &) {}); }), "owner/name");
    is_a_deadlock_of(error_of([&] { ours.acquire("https://github.com/Owner/Name.git"); }),
                     "owner/name");
    is_a_deadlock_of(
        error_of([&] { ours.acquire("owner/other", request().add_repo("owner/name")); }),
        "owner/name");
    mutex same(ours, "owner/name");
    is_a_deadlock_of(error_of([&] { same.lock(); }), "owner/name");
    std::error_code code;
    ours.acquire("owner/name", {}, std::stop_token(), code);
    assert_true(code == errc::deadlock);
    assert_true(static_cast<bool>(held));
  });
  assert_true(is_free(ours, "owner/name"));  // when it is over, it is over
}

void of_several_names_each_is_one(void **state) {
  client ours = client_of(state);
  ours.with_lock("owner/a", request().add_repo("owner/b"), [&](lease &) {
    is_a_deadlock_of(error_of([&] { ours.acquire("owner/b"); }), "owner/b");
    ours.with_lock("owner/c", [&](lease &) {
      is_a_deadlock_of(error_of([&] { ours.acquire("owner/a"); }), "owner/a");
    });
    assert_true(is_free(ours, "owner/c"));
  });
}

void a_body_that_throws_leaves_nothing_behind(void **state) {
  client ours = client_of(state);
  try {
    ours.with_lock("owner/name", [](lease &) { throw 7; });
  } catch (int) {
  }
  ours.with_lock("owner/name", [](const lease &held) { assert_true(static_cast<bool>(held)); });
}

void what_is_no_name_is_still_told_so(void **state) {
  client ours = client_of(state);
  ours.with_lock("owner/name", [&](lease &) {
    assert_true(error_of([&] { ours.acquire("no name"); }).code() == errc::invalid);
  });
}

// Those wait for each other as anybody does.
void another_thread_or_client_is_none(void **state) {
  client ours = client_of(state);
  client theirs = client_of(state);
  std::error_code of_thread;
  std::error_code of_client;
  ours.with_lock("owner/name", [&](lease &) {
    std::thread([&] { ours.acquire("owner/name", at_once(), of_thread); }).join();
    theirs.acquire("owner/name", at_once(), of_client);
  });
  assert_true(of_thread == errc::held);
  assert_true(of_client == errc::held);
}

// As in C: only with_lock says what a thread is inside of. A lease may be another thread's by now.
void over_a_lease_it_waits(void **state) {
  client ours = client_of(state);
  const lease held = ours.acquire("owner/name");
  const request briefly = request().wait(milliseconds(20));
  assert_true(error_of([&] { ours.with_lock("owner/name", briefly, [](lease &) {}); }).code() ==
              errc::timeout);
}

}  // namespace
}  // namespace repolock::testing

int main() {
  using namespace repolock::testing;
  const CMUnitTest tests[] = {
      ON_EACH(inside_it_the_same_repository_is_a_deadlock),
      ON_EACH(of_several_names_each_is_one),
      ON_EACH(a_body_that_throws_leaves_nothing_behind),
      ON_EACH(what_is_no_name_is_still_told_so),
      ON_EACH(another_thread_or_client_is_none),
      ON_EACH(over_a_lease_it_waits),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
