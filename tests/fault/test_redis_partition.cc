// Parts of the network are gone, one way or both, for all or for one client: whoever reaches a quorum
// goes on alone, whoever does not is told within his time, and nothing stays behind.
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "fault/redis/on_nodes.h"
#include "fault/row.h"
#include "fault/scene.h"

#include "support/cmocka.h"
#include "support/run_on_redis.h"

namespace {

using namespace repolock::testing;

void swallow_replies(ProxyFaults &faults) {
  faults.replies.swallows = true;
}

// Servers that hear and are not heard have granted what nobody knows of.
void unheard_grants_are_let_go_of(void **) {
  row row = begin_row("replies of two of five servers are lost", 2);
  while (again(&row)) {
    Nodes nodes(5);
    const Client client = open_on(nodes, 20'000);
    MUST(&row, unlock(lock(client, "other/name")));  // all of them are there
    for (size_t i = 0; i < 2; ++i) nodes[i]->proxy.set(swallow_replies);
    Lease lease = lock(client, kRepo);
    if (!MUST(&row, lease != nullptr)) break;
    MUST(&row, unlock(std::move(lease)));
    for (size_t i = 0; i < 2; ++i) nodes[i]->proxy.heal();
    MUST(&row, comes_true([&] { return lock_count(nodes) == 0; }));
  }
  assert_true(end_row(&row, "obtained from the other three; nothing stays"));
}

// ---- Nobody, or too few, can be reached ----

struct Loss {
  const char *fault;
  size_t servers;
  void (*begin)(Nodes &nodes);
  void (*end)(Nodes &nodes);
};

void silence(Nodes &nodes) {
  for (const auto &node : nodes)
    node->proxy.set(
        [](ProxyFaults &faults) { faults.requests.stalls = faults.replies.stalls = true; });
}
void end_silence(Nodes &nodes) {
  for (const auto &node : nodes) node->proxy.heal();
}
void kill_majority(Nodes &nodes) {
  for (size_t i = 0; i <= nodes.size() / 2; ++i) nodes[i]->server.kill();
}
void restart_majority(Nodes &nodes) {
  for (size_t i = 0; i <= nodes.size() / 2; ++i) nodes[i]->server.restart();
}

void count_news(const repolock_event_t *, void *count) {
  ++*static_cast<std::atomic<int> *>(count);
}

void too_few_are_left(const Loss &loss) {
  row row = begin_row(loss.fault, 1);
  int64_t longest_ms = 0;
  while (again(&row)) {
    Nodes nodes(loss.servers);
    const Client holder = open_on(nodes, 20'000), other = open_on(nodes, 500);
    std::atomic<int> news{0};
    const Lease lease = lock(holder, kRepo);
    if (!MUST(&row, lease != nullptr)) break;
    repolock_lease_on_lost(lease.get(), count_news, &news, nullptr);
    MUST(&row, unlock(lock(other, "other/name")));
    loss.begin(nodes);
    const int64_t began = now_ns();
    MUST(&row, lock(other, "third/name") == nullptr);
    longest_ms = std::max(longest_ms, (now_ns() - began) / 1'000'000);
    MUST(&row, comes_true([&] { return news == 1; }));
    MUST(&row, !is_held(lease));
    loss.end(nodes);
    const Lease next = lock(holder, kRepo);
    if (MUST(&row, next != nullptr)) MUST(&row, fence_of(next) > fence_of(lease));
    MUST(&row, news == 1);
  }
  assert_true(end_row(&row, "wait of 500 ms: refused after %lld ms; the holder is told once",
                      static_cast<long long>(longest_ms)));
}

void nobody_answers(void **) {
  too_few_are_left({"no byte passes, no end is told; one server", 1, silence, end_silence});
  too_few_are_left({"no byte passes, no end is told; three servers", 3, silence, end_silence});
}
void a_majority_is_killed(void **) {
  too_few_are_left({"SIGKILL of two of three servers, which come back empty", 3, kill_majority,
                    restart_majority});
}

// ---- Each client reaches another part ----

// Of three servers one client does not reach the first, the other one not the second.
void each_reaches_another_majority(void **) {
  constexpr int kTurns = 10;
  row row = begin_row("two clients reach different majorities of three servers", 1);
  while (again(&row)) {
    Nodes nodes(3);
    const Shared<Board> board;
    const auto worker = [&](Child &test) {
      test.hear();
      const Client client = open_on(nodes, 20'000);
      for (int i = 0; i < kTurns; ++i) {
        Lease lease = lock(client, kRepo);
        if (lease == nullptr) return 1;
        board->enter(lease);
        usleep(2000);
        if (is_held(lease)) board->leave();
        if (!unlock(std::move(lease))) return 2;
      }
      return 0;
    };
    Child first(worker), second(worker);
    Child *const clients[] = {&first, &second};
    for (size_t i = 0; i < 2; ++i)
      nodes[i]->proxy.set([&](ProxyFaults &faults) {
        faults.only = {clients[i]->pid()};
        faults.requests.stalls = faults.replies.stalls = true;
      });
    for (Child *client : clients) client->say('g');
    for (Child *client : clients) MUST(&row, client->wait() == 0);
    MUST(&row, board->overlaps == 0);
    MUST(&row, board->fences_back == 0);
  }
  assert_true(end_row(&row, "%d leases each", kTurns));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(unheard_grants_are_let_go_of),
      cmocka_unit_test(nobody_answers),
      cmocka_unit_test(a_majority_is_killed),
      cmocka_unit_test(each_reaches_another_majority),
  };
  return run_on_redis(tests);
}
