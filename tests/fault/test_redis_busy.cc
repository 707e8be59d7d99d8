// A server is kept busy by somebody's script, or pauses its clients: every call ends within its wait and
// says who is busy, a minority of them is done without, and the work goes on afterwards.
#include <string>

#include "fault/redis/on_nodes.h"
#include "fault/row.h"

#include "support/cmocka.h"
#include "support/run_on_redis.h"

namespace {

using namespace repolock::testing;

constexpr int64_t kWaitMs = 500;

struct Burden {
  const char *fault;
  size_t servers, busy;
  void (*begin)(Node &node);
  void (*end)(Node &node);
  const char *word;  // in what is told of it
};

void run_for_ever(Node &node) {
  node.text({"CONFIG", "SET", "lua-time-limit", "1"});
  RawRedis(node.server).send({"EVAL", "while true do end", "0"});
  comes_true([&] { return node.text({"PING"}).starts_with("-BUSY"); });
}
void kill_script(Node &node) {
  node.text({"SCRIPT", "KILL"});
}

void await_its_end(Node &node) {
  node.text({"PING"});
}
void pause(Node &node) {
  node.text({"CLIENT", "PAUSE", "1000"});
}

bool are_named(const Nodes &nodes, size_t count, const std::string &text, const char *word) {
  for (size_t i = 0; i < count; ++i)
    if (text.find(nodes[i]->proxy.path()) == std::string::npos) return false;
  return text.find(word) != std::string::npos;
}

void one_row(const Burden &burden) {
  row row = begin_row(burden.fault, 1);
  const bool is_minority = 2 * burden.busy < burden.servers;
  int64_t longest_ms = 0;
  while (again(&row)) {
    Nodes nodes(burden.servers);
    const Client client = open_on(nodes, is_minority ? 20'000 : kWaitMs);
    Lease first = lock(client, kRepo);
    if (!MUST(&row, first != nullptr)) break;
    const uint64_t fence = fence_of(first);
    MUST(&row, unlock(std::move(first)));
    for (size_t i = 0; i < burden.busy; ++i) burden.begin(*nodes[i]);
    char err[REPOLOCK_ERR_SIZE] = "";
    repolock_lease_t *lease = nullptr;
    const int64_t began = now_ns();
    const auto status =
        repolock_acquire(client.get(), kRepo, sizeof kRepo - 1, nullptr, &lease, err, sizeof err);
    const Lease meanwhile(lease);
    longest_ms = std::max(longest_ms, (now_ns() - began) / 1'000'000);
    if (is_minority)
      MUST(&row, status == REPOLOCK_OK);
    else if (!MUST(&row, status == REPOLOCK_E_UNAVAILABLE || status == REPOLOCK_E_UNKNOWN) ||
             !MUST(&row, are_named(nodes, burden.busy, err, burden.word)))
      std::fprintf(stderr, "%s: %s\n", repolock_status_name(status), err);
    if (meanwhile != nullptr) MUST(&row, repolock_release(meanwhile.get()) == REPOLOCK_OK);
    for (size_t i = 0; i < burden.busy; ++i) burden.end(*nodes[i]);
    const Client other = open_on(nodes, 20'000);
    Lease next = lock(other, kRepo);
    if (!MUST(&row, next != nullptr)) break;
    MUST(&row, fence_of(next) > fence);
    MUST(&row, unlock(std::move(next)));
    MUST(&row, comes_true([&] { return lock_count(nodes) == 0; }));
  }
  assert_true(end_row(&row,
                      is_minority ? "obtained from the others after %lld ms"
                                  : "wait of 500 ms: refused after %lld ms, each is named",
                      static_cast<long long>(longest_ms)));
}

void a_script_does_not_end(void **) {
  one_row({"a script without an end (BUSY); one server", 1, 1, run_for_ever, kill_script, "busy"});
  one_row({"a script without an end (BUSY), on one of three servers", 3, 1, run_for_ever,
           kill_script, ""});
  one_row({"scripts without an end (BUSY), on two of three servers", 3, 2, run_for_ever,
           kill_script, "busy"});
}

void clients_are_paused(void **) {
  one_row({"CLIENT PAUSE for 1 s; one server", 1, 1, pause, await_its_end, "answer"});
  one_row({"CLIENT PAUSE for 1 s, of two of three servers", 3, 2, pause, await_its_end, "answer"});
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_script_does_not_end),
      cmocka_unit_test(clients_are_paused),
  };
  return run_on_redis(tests);
}
