// A client that was stopped after it had seen that no server has a guard: since then the servers are in
// use, and one of them has lost all. What it saw is no longer so, and that server has to wait.
#include <signal.h>

#include <memory>
#include <string>

#include "fault/redis/on_nodes.h"
#include "fault/row.h"
#include "support/child.h"

#include "support/cmocka.h"
#include "support/run_on_redis.h"

namespace {

using namespace repolock::testing;

constexpr int64_t kWaitMs = 20'000;
constexpr char kGuardKey[] = "repolock:guard";

bool has_guard(const Node &node) {
  return node.number({"EXISTS", kGuardKey}) == 1;
}
bool was_looked_at(const Node &node) {
  return node.text({"INFO", "commandstats"}).find("cmdstat_eval:") != std::string::npos;
}

// Two of the servers were looked at, the first is not there yet.
std::unique_ptr<Child> stopped_client(const Nodes &nodes) {
  auto child = std::make_unique<Child>([&](Child &test) {
    const Client client = open_on(nodes, kWaitMs);
    test.hear();
    return 0;
  });
  const bool has_looked =
      comes_true([&] { return was_looked_at(*nodes[1]) && was_looked_at(*nodes[2]); });
  child->stop();
  return has_looked && !has_guard(*nodes[1]) && !has_guard(*nodes[2]) ? std::move(child) : nullptr;
}

// Has the lock, and does not say anything any more.
std::unique_ptr<Child> stopped_holder(const Nodes &nodes) {
  auto child = std::make_unique<Child>([&](Child &test) {
    const Client client = open_on(nodes, kWaitMs);
    const Lease lease = lock(client, kRepo);
    if (!lease) return 1;
    test.say('h');
    test.hear();
    return 0;
  });
  const bool holds = child->hear() == 'h';
  child->stop();
  return holds ? std::move(child) : nullptr;
}

void what_was_seen_long_ago_is_no_first_use(void **) {
  struct row row =
      begin_row("SIGSTOP of a client that saw no guard; then a server comes back empty", 1);
  while (again(&row)) {
    Nodes nodes(3);
    nodes[0]->server.kill();
    const auto client = stopped_client(nodes);
    if (!client) {  // it was slow, and does wait
      --row.runs;
      continue;
    }
    MUST(&row, nodes[0]->server.restart());
    const auto holder = stopped_holder(nodes);
    MUST(&row, holder != nullptr);
    nodes[0]->server.kill();
    MUST(&row, nodes[0]->server.restart());
    nodes[1]->server.stop();
    nodes[2]->server.stop();
    client->kill(SIGCONT);
    MUST(&row, comes_true([&] { return has_guard(*nodes[0]); }));
    MUST(&row, nodes[0]->text({"HGET", kGuardKey, "run_id"}).empty());
    MUST(&row, !nodes[0]->text({"HGET", kGuardKey, "pending"}).empty());
    nodes[1]->server.resume();
    nodes[2]->server.resume();
  }
  assert_true(end_row(&row, "it waits until all leases of before are over"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(what_was_seen_long_ago_is_no_first_use),
  };
  return run_on_redis(tests);
}
