// The one thread: the order of its tasks, and its end.
#include <future>
#include <string>

#include "loop/loop.h"
#include "port/clock.h"

// Last: cmocka defines fail() as a macro.
#include "support/cmocka.h"

namespace {

using repolock::loop::Loop;

void run_to_its_end(Loop &loop) {
  std::promise<void> ended;
  loop.start([&] { ended.set_value(); });
  ended.get_future().wait();
}

void what_was_accepted_runs_before_the_last_words(void **) {
  std::string order;
  Loop loop;
  loop.post([&] {
    order += 'a';
    loop.stop([&] { order += 'z'; });
    loop.post([&] { order += 'd'; });
    loop.later([&] { order += 'c'; });
  });
  loop.post([&] { order += 'b'; });
  run_to_its_end(loop);
  assert_string_equal(order.c_str(), "abcdz");
}

void after_its_end_nothing_is_accepted(void **) {
  Loop loop;
  loop.post([&] { loop.stop([] {}); });
  run_to_its_end(loop);
  assert_false(loop.post([] {}));
}

void a_task_that_throws_stops_no_other(void **) {
  bool ran = false;
  Loop loop;
  loop.post([] { throw std::bad_alloc(); });
  loop.post([&] {
    ran = true;
    loop.stop([] {});
  });
  run_to_its_end(loop);
  assert_true(ran);
}

void who_owns_the_loop_is_told_of_what_was_thrown(void **) {
  std::string order;
  std::promise<void> ended;
  Loop loop;
  loop.post([] { throw std::bad_alloc(); });
  loop.post([&] {
    order += 'b';
    loop.fail_soon();  // as if this one had
    loop.later([&] { loop.stop([] { throw std::bad_alloc(); }, repolock::port::now_ms() + 20); });
  });
  loop.start([&] { ended.set_value(); }, [&] { order += '!'; });
  ended.get_future().wait();
  assert_string_equal(order.c_str(), "!b!!");
}

void what_was_made_ready_is_posted_without_memory(void **) {
  std::string order;
  Loop loop;
  auto second = Loop::letter([&] { order += '2'; });
  auto last = Loop::letter([&] { loop.stop([] {}); });
  loop.post([&] { order += '1'; });
  loop.post(std::move(second));
  loop.post(std::move(last));
  run_to_its_end(loop);
  assert_string_equal(order.c_str(), "12");
}

void timers_fire_in_order_and_may_free_themselves(void **) {
  std::string order;
  Loop loop;
  Loop::Timer *first = nullptr, *second = nullptr;
  first = loop.timer_new([&] {
    order += '1';
    loop.timer_free(first);
  });
  second = loop.timer_new([&] {
    order += '2';
    loop.stop([&] { loop.timer_free(second); });
  });
  const auto now = repolock::port::now_ms();
  loop.timer_set(second, now + 2);
  loop.timer_set(first, now + 1);
  run_to_its_end(loop);
  assert_string_equal(order.c_str(), "12");
}

void one_that_never_ran_drops_what_was_posted(void **) {
  bool ran = false;
  {
    Loop loop;
    loop.post([&] { ran = true; });
  }
  assert_false(ran);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(what_was_accepted_runs_before_the_last_words),
      cmocka_unit_test(after_its_end_nothing_is_accepted),
      cmocka_unit_test(a_task_that_throws_stops_no_other),
      cmocka_unit_test(who_owns_the_loop_is_told_of_what_was_thrown),
      cmocka_unit_test(what_was_made_ready_is_posted_without_memory),
      cmocka_unit_test(timers_fire_in_order_and_may_free_themselves),
      cmocka_unit_test(one_that_never_ran_drops_what_was_posted),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
