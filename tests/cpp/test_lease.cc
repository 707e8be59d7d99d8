// A lease of repolock.hpp has one owner, is released where its owner ends, and says when it is lost.
#include <future>
#include <stdexcept>

#include "support/cmocka.h"
// Behind it:
#include "places.h"

namespace repolock::testing {
namespace {

void a_lease_is_released_where_its_scope_ends(void **state) {
  client ours = client_of(state);
  client theirs = client_of(state);
  {
    const lease held = ours.acquire("owner/name");
    assert_true(static_cast<bool>(held));
    assert_false(is_free(theirs, "owner/name"));
  }
  assert_true(is_free(theirs, "owner/name"));
}

void a_lease_that_was_moved_has_one_owner(void **state) {
  client ours = client_of(state);
  lease first = ours.acquire("owner/name");
  lease second = std::move(first);
  assert_false(static_cast<bool>(first));  // NOLINT(bugprone-use-after-move): that is the question
  assert_true(static_cast<bool>(second));
  second = ours.acquire("owner/other");
  assert_true(is_free(ours, "owner/name"));
  assert_false(is_free(ours, "owner/other"));
}

void a_released_lease_is_held_no_more_and_fences_grow(void **state) {
  client ours = client_of(state);
  lease first = ours.acquire("owner/name");
  const std::uint64_t fence = first.fence();
  assert_int_equal(first.id().size(), 32);
  first.release();
  assert_true(first.status() == errc::invalid);
  const lease second = ours.acquire("owner/name");
  assert_true(second.fence() > fence);
  assert_true(second.previous() == previous::released);
}

void several_names_are_one_lease(void **state) {
  client ours = client_of(state);
  const lease held = ours.acquire("owner/a", request().add_repo("owner/b"));
  assert_true(held.fence(0) > 0 && held.fence(1) > 0);
  assert_false(is_free(ours, "owner/b"));
}

void shared_leases_hold_together(void **state) {
  client ours = client_of(state);
  const lease first = ours.acquire("owner/name", request().shared());
  const lease second = ours.acquire("owner/name", request().shared().wait(milliseconds(0)));
  assert_true(first && second);
  assert_false(is_free(ours, "owner/name"));
}

void a_broken_lease_tells_its_listener(void **state) {
  client ours = client_of(state);
  client theirs = client_of(state);
  lease held = ours.acquire("owner/name");
  std::promise<loss> told;
  held.on_lost([&](const loss &lost) { told.set_value(lost); });
  theirs.break_lease("owner/name", held.id());
  const loss lost = told.get_future().get();
  assert_true(lost.code == errc::lost);
  assert_string_equal(lost.reason.c_str(), "broken");
  assert_true(held.status() == errc::lost);
  assert_false(held.message().empty());
}

void the_token_of_a_broken_lease_is_stopped(void **state) {
  client ours = client_of(state);
  lease held = ours.acquire("owner/name");
  std::promise<void> stopped;
  const std::stop_callback told(held.lost_token(), [&] { stopped.set_value(); });
  ours.break_lease("owner/name", held.id());
  stopped.get_future().wait();
  std::error_code code;
  held.release(code);
  assert_true(code == errc::lost);
}

void with_lock_returns_what_the_body_returned(void **state) {
  client ours = client_of(state);
  assert_int_equal(ours.with_lock("owner/name", [](lease &held) { return held ? 7 : 0; }), 7);
  ours.with_lock("owner/name", at_once(), [](lease &held) { held.release(); });
  assert_true(is_free(ours, "owner/name"));
}

void with_lock_releases_when_the_body_throws(void **state) {
  client ours = client_of(state);
  bool caught = false;
  try {
    ours.with_lock("owner/name", [](lease &) { throw std::runtime_error("the clone failed"); });
  } catch (const std::runtime_error &) {
    caught = true;
  }
  assert_true(caught);
  assert_true(is_free(ours, "owner/name"));
}

void with_lock_says_that_the_lock_was_lost_meanwhile(void **state) {
  client ours = client_of(state);
  std::error_code code;
  try {
    ours.with_lock("owner/name",
                   [&](const lease &held) { ours.break_lease("owner/name", held.id()); });
  } catch (const error &failed) {
    code = failed.code();
  }
  assert_true(code == errc::lost);
}

void a_lease_outlives_its_client(void **state) {
  lease held;
  std::promise<loss> told;
  {
    client ours = client_of(state);
    held = ours.acquire("owner/name");
    held.on_lost([&](const loss &lost) { told.set_value(lost); });
  }
  assert_true(told.get_future().get().code == errc::shutdown);
  assert_true(held.status() == errc::shutdown);
}

}  // namespace
}  // namespace repolock::testing

int main() {
  using namespace repolock::testing;
  const CMUnitTest tests[] = {
      ON_EACH(a_lease_is_released_where_its_scope_ends),
      ON_EACH(a_lease_that_was_moved_has_one_owner),
      ON_EACH(a_released_lease_is_held_no_more_and_fences_grow),
      ON_EACH(several_names_are_one_lease),
      ON_EACH(shared_leases_hold_together),
      ON_EACH(a_broken_lease_tells_its_listener),
      ON_EACH(the_token_of_a_broken_lease_is_stopped),
      ON_EACH(with_lock_returns_what_the_body_returned),
      ON_EACH(with_lock_releases_when_the_body_throws),
      ON_EACH(with_lock_says_that_the_lock_was_lost_meanwhile),
      ON_EACH(a_lease_outlives_its_client),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
