// A thousand waiters in a hundred processes, every tenth of which is killed while it waits: the
// others get the lock in the order in which they came.
#include <signal.h>

#include <atomic>
#include <memory>
#include <vector>

#include "fault/scene.h"

#include "support/cmocka.h"

namespace {

using namespace repolock::testing;

constexpr int kProcesses = 100;
constexpr int kEach = 10;
constexpr int kWaiters = kProcesses * kEach;

struct Order {
  std::atomic<int> count{0};
  int granted[kWaiters];
};

// Takes a place each time that it is told to, and says so; then waits for all of them to come.
int wait_often(Child &parent, const Client &client, const Scene &scene, Order &order, int own) {
  std::vector<Op> ops;
  for (int i = 0; i < kEach; ++i) {
    parent.hear();
    ops.push_back(start_lock(client, Scene::kRepo));
    if (!stands_in_queue(client, ops.back())) return 1;
    parent.say('w');
  }
  for (int i = 0; i < kEach; ++i) {
    Lease lease = take(ops[static_cast<size_t>(i)]);
    if (!lease) return 2;
    scene.board->enter(lease);
    order.granted[order.count++] = i * kProcesses + own;
    scene.board->leave();
    if (!unlock(std::move(lease))) return 3;
  }
  return 0;
}

using Crowd = std::vector<std::unique_ptr<Child>>;

// All of them in the queue, one after another.
bool come(Crowd &crowd) {
  for (int i = 0; i < kEach; ++i)
    for (const auto &one : crowd) {
      one->say('c');
      if (one->hear() != 'w') return false;
    }
  return true;
}

void they_come_in_order(void **) {
  row row = begin_row("waiters on one name, every tenth process killed", kWaiters);
  std::vector<int64_t> took;
  for (uint64_t sweep = 0; sweep < row.planned / kWaiters; ++sweep) {
    const Scene scene;
    const Shared<Order> order;
    const auto holder = scene.holder();
    MUST(&row, holds(*holder));
    Crowd crowd;
    for (int own = 0; own < kProcesses; ++own)
      crowd.push_back(scene.process([&, own](Child &parent, const Client &client) {
        return wait_often(parent, client, scene, *order, own);
      }));
    MUST(&row, come(crowd));
    for (size_t own = 0; own < crowd.size(); own += 10) crowd[own]->kill(SIGKILL);
    for (size_t own = 0; own < crowd.size(); own += 10) MUST(&row, crowd[own]->wait() < 0);
    const int64_t released_ns = now_ns();
    MUST(&row, lets_go(*holder));
    for (size_t own = 0; own < crowd.size(); ++own)
      if (own % 10 != 0) MUST(&row, crowd[own]->wait() == 0);
    took.push_back((now_ns() - released_ns) / std::max(order->count.load(), 1));

    int expected = -1;
    for (int i = 0; i < order->count; ++i) {
      while (++expected % 10 == 0) continue;
      MUST(&row, order->granted[i] == expected);
    }
    MUST(&row, order->count == kWaiters - kWaiters / 10);
    MUST(&row, goes_on(scene));
    row.runs += kWaiters;
  }
  assert_true(end_row(&row, "%.2f ms from one to the next", Spread(took).median));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(they_come_in_order)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
