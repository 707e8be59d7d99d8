// An error of repolock.hpp has a code that compares, and says who was in the way; a wait can be stopped.
#include <cstring>
#include <future>
#include <thread>

#include "support/cmocka.h"
// Behind it:
#include "places.h"

namespace repolock::testing {
namespace {

void a_lock_that_is_held_names_its_holder(void **state) {
  client ours = client_of(state);
  const lease held = ours.acquire("owner/name", request().holder("git gc"));
  const error failed = error_of([&] { ours.acquire("owner/name", at_once()); });
  assert_true(failed.code() == errc::held);
  assert_true(failed.code() == std::errc::device_or_resource_busy);
  assert_true(is_retryable(failed.code()));
  assert_int_equal(failed.holders().size(), 1);
  assert_string_equal(failed.holders().front().text.c_str(), "git gc");
  assert_non_null(strstr(failed.what(), "git gc"));
}

void a_wait_that_is_over_names_the_holder_and_the_place(void **state) {
  client ours = client_of(state);
  const lease held = ours.acquire("owner/name", request().holder("git gc"));
  const request briefly = request().wait(milliseconds(50));
  const error failed = error_of([&] { ours.acquire("owner/name", briefly); });
  assert_true(failed.code() == errc::timeout);
  assert_true(failed.code() == std::errc::timed_out);
  assert_int_equal(failed.place(), 1);
  assert_string_equal(failed.holders().front().text.c_str(), "git gc");
}

void a_code_instead_of_an_exception(void **state) {
  client ours = client_of(state);
  std::error_code code = errc::internal;
  const lease held = ours.acquire("owner/name", {}, code);
  assert_true(held && !code);
  const lease second = ours.acquire("owner/name", at_once(), code);
  assert_false(static_cast<bool>(second));
  assert_true(code == errc::held);
  assert_string_equal(code.category().name(), "repolock");
  assert_string_equal(code.message().c_str(), "E_HELD");
}

void a_stopped_token_ends_the_wait(void **state) {
  client ours = client_of(state);
  const lease held = ours.acquire("owner/name");
  std::stop_source stop;
  const request patient =
      request().wait_forever().on_wait([&](const std::string &) { stop.request_stop(); });
  std::error_code code;
  ours.acquire("owner/name", patient, stop.get_token(), code);
  assert_true(code == errc::canceled);
  assert_true(code == std::errc::operation_canceled);
}

void shutdown_ends_those_who_wait(void **state) {
  client ours = client_of(state);
  lease held = ours.acquire("owner/name");
  std::promise<void> waits;
  std::error_code code;
  std::thread waiter([&] {
    bool is_told = false;
    const request patient = request().wait_forever().on_wait([&](const std::string &) {
      if (!std::exchange(is_told, true)) waits.set_value();
    });
    ours.acquire("owner/name", patient, code);
  });
  waits.get_future().wait();
  ours.shutdown(milliseconds(0));
  waiter.join();
  assert_true(code == errc::shutdown);
  assert_true(held.status() == errc::shutdown);
}

void a_snapshot_has_the_holder_and_then_the_waiters(void **state) {
  client ours = client_of(state);
  client theirs = client_of(state);
  lease held = ours.acquire("owner/name", request().holder("pull"));
  std::promise<void> waits;
  std::thread waiter([&] {
    bool is_told = false;
    theirs.acquire("owner/name", request().holder("delete").on_wait([&](const std::string &) {
      if (!std::exchange(is_told, true)) waits.set_value();
    }));
  });
  waits.get_future().wait();
  const snapshot seen = ours.inspect("owner/name");
  held.release();
  waiter.join();
  assert_int_equal(seen.holders.size(), 1);
  assert_string_equal(seen.holders[0].lease_id.c_str(), held.id().c_str());
  assert_int_equal(seen.holders[0].fence, held.fence());
  assert_int_equal(seen.waiters.size(), 1);
  assert_int_equal(seen.waiters[0].place, 1);
  assert_string_equal(seen.waiters[0].text.c_str(), "delete");
}

void what_cannot_be_is_told_in_words(void ** /*state*/) {
  const error url = error_of([] { client("carrier-pigeon:"); });
  assert_true(url.code() == errc::unsupported);
  assert_non_null(strstr(url.what(), "carrier-pigeon"));
  const error option = error_of([] { client("memory:", {{"tttl_ms", "1"}}); });
  assert_true(option.code() == std::errc::invalid_argument);
  assert_non_null(strstr(option.what(), "tttl_ms"));
  const error name = error_of([] { canonical(""); });
  assert_true(name.code() == errc::invalid);
  assert_string_equal(canonical("git@github.com:Owner/Name").c_str(), "owner/name");
  std::error_code code;
  const client none("carrier-pigeon:", {}, code);
  assert_true(code == errc::unsupported);
  assert_null(none.native_handle());
}

}  // namespace
}  // namespace repolock::testing

int main() {
  using namespace repolock::testing;
  const CMUnitTest tests[] = {
      ON_EACH(a_lock_that_is_held_names_its_holder),
      ON_EACH(a_wait_that_is_over_names_the_holder_and_the_place),
      ON_EACH(a_code_instead_of_an_exception),
      ON_EACH(a_stopped_token_ends_the_wait),
      ON_EACH(shutdown_ends_those_who_wait),
      ON_EACH(a_snapshot_has_the_holder_and_then_the_waiters),
      cmocka_unit_test(what_cannot_be_is_told_in_words),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
