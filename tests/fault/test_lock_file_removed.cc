// Somebody removes or replaces the lock file, against all advice, while it is held and waited for:
// both sides hold then, but those who lost their file are told, nobody hangs, and fences go on
// growing.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <vector>

#include "fault/scene.h"

#include "support/cmocka.h"

namespace {

namespace fs = std::filesystem;
using namespace repolock::testing;

using Remove = void (*)(const LockDirectory &directory);

void unlink_it(const LockDirectory &directory) {
  fs::remove(directory.file(Scene::kRepo));
}

void put_an_empty_one_in_its_place(const LockDirectory &directory) {
  const fs::path other = directory.path() / "other";
  std::ofstream(other).close();
  fs::rename(other, directory.file(Scene::kRepo));
}

void remove_the_directory(const LockDirectory &directory) {
  fs::remove_all(directory.path());
}

void once(const char *fault, Remove remove) {
  row row = begin_row(fault, 10);
  while (again(&row)) {
    const Scene scene;
    const Board &board = *scene.board;
    const auto holder = scene.holder();
    MUST(&row, holds(*holder));
    const auto waiter = scene.holder();
    MUST(&row, waiter->hear() == 'w');
    remove(scene.directory);
    // Whoever comes now does not see the holder.
    const uint64_t before = board.fence;
    const auto stranger = scene.holder();
    MUST(&row, stranger->hear() == 'h');
    MUST(&row, board.fence > before);
    holder->say('r');
    MUST(&row, holder->wait() == -REPOLOCK_E_LOST);
    // The waiter notices, and stands behind the stranger.
    stranger->say('r');
    MUST(&row, holds(*waiter));
    MUST(&row, stranger->wait() == 0);
    MUST(&row, lets_go(*waiter));
    MUST(&row, board.fences_back == 0);
    scene.board->overlaps = 0;
    scene.board->inside = 0;
    MUST(&row, goes_on(scene));
  }
  assert_true(end_row(&row, "while held and waited for"));
}

void it_is_removed(void **) {
  once("the lock file is unlinked", unlink_it);
}
void it_is_replaced(void **) {
  once("the lock file is replaced by an empty one", put_an_empty_one_in_its_place);
}
void all_is_removed(void **) {
  once("the lock directory is removed", remove_the_directory);
}

// ---- In a crowd: fences are kept though exclusion is not ---------------------------------------

struct Grant {
  int64_t asked_ns, granted_ns;
  uint64_t fence;
};

struct History {
  static constexpr size_t kSize = 100'000;
  std::atomic<size_t> count{0};
  std::atomic<bool> is_over{false};
  Grant grants[kSize];

  // I1, I2: they differ, and whoever asks after another one got it has a larger one.
  uint64_t violations() const {
    std::vector<const Grant *> by_grant, by_asking;
    for (size_t i = 0; i < count; ++i) by_grant.push_back(&grants[i]);
    by_asking = by_grant;
    std::ranges::sort(by_grant, {}, &Grant::granted_ns);
    std::ranges::sort(by_asking, {}, &Grant::asked_ns);
    uint64_t found = 0, largest = 0;
    auto earlier = by_grant.begin();
    for (const Grant *grant : by_asking) {
      for (; earlier != by_grant.end() && (*earlier)->granted_ns < grant->asked_ns; ++earlier)
        largest = std::max(largest, (*earlier)->fence);
      if (grant->fence <= largest) ++found;
    }
    std::ranges::sort(by_grant, {}, &Grant::fence);
    for (size_t i = 1; i < by_grant.size(); ++i)
      if (by_grant[i]->fence == by_grant[i - 1]->fence) ++found;
    return found;
  }
};

int hurry(const Client &client, History &history) {
  while (!history.is_over && history.count < History::kSize - 100) {
    const int64_t asked_ns = now_ns();
    const Lease lease = lock(client, Scene::kRepo);
    if (!lease) return 1;
    history.grants[history.count++] = {asked_ns, now_ns(), fence_of(lease)};
    const auto released = repolock_release(lease.get());
    if (released != REPOLOCK_OK && released != REPOLOCK_E_LOST) return 2;
  }
  return 0;
}

void again_and_again_in_a_crowd(void **) {
  const Scene scene;
  const Shared<History> history;
  std::vector<std::unique_ptr<Child>> crowd;
  while (crowd.size() < 6)
    crowd.push_back(
        scene.process([&](Child &, const Client &client) { return hurry(client, *history); }));
  std::minstd_rand random(fault_seed());
  row row = begin_row("the lock file is unlinked again and again in a crowd", 200);
  while (again(&row)) {
    const size_t before = history->count;
    fs::remove(scene.directory.file(Scene::kRepo));
    for (int i = 0; history->count < before + 1 + random() % 5 && i < 20'000; ++i) usleep(1000);
    if (!MUST(&row, history->count > before)) break;
  }
  history->is_over = true;
  for (const auto &one : crowd) MUST(&row, one->wait() == 0);
  MUST(&row, history->violations() == 0);
  MUST(&row, goes_on(scene));
  assert_true(end_row(&row, "%zu leases, seed %u", history->count.load(), fault_seed()));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(it_is_removed),
      cmocka_unit_test(it_is_replaced),
      cmocka_unit_test(all_is_removed),
      cmocka_unit_test(again_and_again_in_a_crowd),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
