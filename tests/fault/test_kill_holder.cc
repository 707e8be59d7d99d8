// SIGKILL of the holder: the next one goes on each time, knows why, and is never too early.
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "fault/scene.h"

#include "support/cmocka.h"

namespace {

using namespace repolock::testing;

// Works until it is killed: writes its name on the board, and sees whether another one does.
std::unique_ptr<Child> worker(const Scene &scene) {
  return scene.process([&](Child &parent, const Client &client) {
    const Lease lease = lock(client, Scene::kRepo, [&] { parent.say('w'); });
    if (!lease) return 1;
    Board &board = *scene.board;
    board.enter(lease);
    parent.say('h');
    for (;; sched_yield())
      if (board.inside.exchange(getpid()) != getpid()) ++board.overlaps;
  });
}

void the_next_one_goes_on(void **) {
  const Scene scene;
  const Board &board = *scene.board;
  std::vector<int64_t> takeovers;
  auto holder = worker(scene);
  assert_int_equal(holder->hear(), 'h');
  row row = begin_row("SIGKILL of the holder", 1000);
  while (again(&row)) {
    auto next = worker(scene);
    if (!MUST(&row, next->hear() == 'w')) break;
    const int64_t killed_ns = now_ns();
    holder->kill(SIGKILL);
    if (!MUST(&row, next->hear() == 'h')) break;
    takeovers.push_back(board.granted_ns - killed_ns);
    MUST(&row, board.previous == REPOLOCK_PREVIOUS_CRASHED);
    MUST(&row, scene.is_well());
    MUST(&row, holder->wait() == -SIGKILL);
    holder = std::move(next);
  }
  const Spread took(takeovers);
  assert_true(end_row(&row, "takeover %.2f ms median, %.1f ms at most", took.median, took.most));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(the_next_one_goes_on)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
