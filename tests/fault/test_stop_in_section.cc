// SIGSTOP of a process inside the short critical section, at each call that it makes there: who
// holds can let go, who waits gets it, who comes is told what is wrong; continued or killed, it
// harms nobody.
#include <signal.h>

#include <memory>
#include <string>

#include "fault/scene.h"
#include "support/calls/calls.h"

#include "support/cmocka.h"

namespace {

using namespace repolock::testing;

// Says 's' and stops before its n-th call inside the section.
std::unique_ptr<Child> sleeper(const Scene &scene, int n) {
  return scene.holder([n](Child &parent) {
    watch_calls([&parent, left = n](const char *) mutable {
      if (!is_in_section() || left-- != 0) return 0;
      parent.say('s');
      return raise(SIGSTOP);
    });
  });
}

bool has_stopped(Child &child) {
  if (child.hear() != 's') return false;
  child.await_stop();
  return true;
}

void at_each_call_inside(const char *fault, int ending) {
  row row = begin_row(fault, 1);
  int calls = 0;
  for (uint64_t sweep = 0; sweep < row.planned; ++sweep) {
    for (calls = 0;; ++calls) {
      const Scene scene;
      const auto holder = scene.holder();
      MUST(&row, holds(*holder));
      const auto waiter = scene.holder();
      MUST(&row, waiter->hear() == 'w');
      const auto stopped = sleeper(scene, calls);
      if (!has_stopped(*stopped)) break;
      ++row.runs;
      MUST(&row, lets_go(*holder));
      MUST(&row, waiter->hear() == 'h');
      const auto next = scene.holder();
      MUST(&row, lets_go(*waiter));
      stopped->kill(ending);
      if (ending == SIGCONT) MUST(&row, holds(*stopped) && lets_go(*stopped));
      MUST(&row, holds(*next));
      MUST(&row, lets_go(*next));
      MUST(&row, scene.is_well());
    }
  }
  assert_true(end_row(&row, "%d calls inside", calls));
}

void and_continued(void **) {
  at_each_call_inside("SIGSTOP inside the section, then SIGCONT", SIGCONT);
}

void and_killed(void **) {
  at_each_call_inside("SIGSTOP inside the section, then SIGKILL", SIGKILL);
}

// What a try and a wait end with, and that they end.
int visit(const Client &client) {
  const Request request(repolock_request_new());
  repolock_request_set_wait(request.get(), 500);
  const Op timed = start_lock(client, Scene::kRepo, request);
  Lease lease;
  if (try_lock(client, Scene::kRepo, &lease) != REPOLOCK_E_HELD) return 1;
  if (repolock_op_wait(timed.get(), -1) != REPOLOCK_E_TIMEOUT) return 2;
  const std::string told = repolock_op_message(timed.get());
  return told.find("stopped") == std::string::npos ? 3 : 0;
}

void whoever_comes_meanwhile_is_told(void **) {
  row row = begin_row("SIGSTOP inside the section, told to those who come", 1);
  while (again(&row)) {
    const Scene scene;
    const auto stopped = sleeper(scene, 1);
    MUST(&row, has_stopped(*stopped));
    const auto visitor = scene.process([](Child &, const Client &client) { return visit(client); });
    MUST(&row, visitor->wait() == 0);
    stopped->kill(SIGCONT);
    MUST(&row, holds(*stopped));
    MUST(&row, lets_go(*stopped));
  }
  assert_true(end_row(&row, "a try, and a wait of 500 ms"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(and_continued),
      cmocka_unit_test(and_killed),
      cmocka_unit_test(whoever_comes_meanwhile_is_told),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
