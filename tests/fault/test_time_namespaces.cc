// Processes whose clocks differ, as those of containers may: the times that they write into a lock
// file for each other to read decide nothing.
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <memory>
#include <string_view>

#include "fault/scene.h"

#include "support/cmocka.h"

namespace {

using namespace repolock::testing;

constexpr int kNotAllowed = 77;

// The children that this process makes from now on.
bool live_a_day_later() {
  constexpr std::string_view kDay = "monotonic 86400 0\nboottime 86400 0\n";
  if (unshare(CLONE_NEWTIME) != 0) return false;
  const int fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
  const bool is_set = write(fd, kDay.data(), kDay.size()) == static_cast<ssize_t>(kDay.size());
  close(fd);
  return is_set;
}

// In turn: one of today, one of tomorrow.
int queue_up() {
  const Scene scene;
  const auto holder = scene.holder();
  if (!holds(*holder)) return 1;
  const auto first = scene.holder();
  if (first->hear() != 'w') return 1;
  if (!live_a_day_later()) return kNotAllowed;
  const auto second = scene.holder();
  if (second->hear() != 'w') return 2;
  const auto visitor = scene.process([](Child &, const Client &client) {
    Lease lease;
    return -try_lock(client, Scene::kRepo, &lease);
  });
  if (visitor->wait() != -REPOLOCK_E_HELD) return 3;
  if (!lets_go(*holder) || !holds(*first)) return 4;
  if (!lets_go(*first) || !holds(*second)) return 5;
  return lets_go(*second) && goes_on(scene) ? 0 : 6;
}

void they_queue_up_in_order(void **) {
  row row = begin_row("clocks of processes differ by a day", 20);
  while (again(&row)) {
    Child play([](Child &) { return queue_up(); });
    const int ended = play.wait();
    if (ended == kNotAllowed) {
      print_message("SKIP %s: no time namespace is allowed here\n", row.fault);
      return;
    }
    if (!MUST(&row, ended == 0)) print_message("it ended with %d\n", ended);
  }
  assert_true(end_row(&row, "time namespaces"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(they_queue_up_in_order)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
