// Five servers are restarted one per second, with empty disks: more of them wait for leases that they may
// have forgotten than a quorum can spare. Then nothing is granted, and each of them says why.
#include <string>

#include "fault/redis/on_nodes.h"
#include "fault/row.h"

#include "support/cmocka.h"
#include "support/run_on_redis.h"

namespace {

using namespace repolock::testing;

void restart_empty(Node &node) {
  node.server.kill();
  node.server.restart();
}

// A restarted server waits for max_ttl and a second.
Client open_one(const Nodes &nodes, const char *wait_ms, const char *max_ttl_ms = "3000") {
  return open_client(nodes.url(), {{"max_ttl_ms", max_ttl_ms},
                                   {"ttl_ms", "1000"},
                                   {"wait_ms", wait_ms},
                                   {"node_timeout_ms", "300"}});
}

// Who asks all the time, without waiting, from the moment of a restart to the next.
struct Asked {
  int obtained = 0, refused = 0, unavailable = 0, other = 0;
  uint64_t fence = 0;
  bool is_well = true;
};

void ask(const Client &client, Asked *asked) {
  Lease lease;
  switch (try_lock(client, kRepo, &lease)) {
    case REPOLOCK_OK:
      ++asked->obtained;
      asked->is_well = asked->is_well && fence_of(lease) > asked->fence;
      asked->fence = fence_of(lease);
      repolock_release(lease.get());
      break;
    case REPOLOCK_E_HELD:
    case REPOLOCK_E_TIMEOUT:
      ++asked->refused;
      break;
    case REPOLOCK_E_UNAVAILABLE:
    case REPOLOCK_E_UNKNOWN:
      ++asked->unavailable;
      break;
    default:
      asked->is_well = false;
  }
}

// While it is held by somebody, nobody else gets it, whatever the servers have forgotten.
void one_per_second(void **) {
  constexpr int64_t kSecondNs = 1'000'000'000;
  row row = begin_row("five servers restarted one per second, empty", 1);
  Asked asked;
  while (again(&row)) {
    Nodes nodes(5);
    const Client holder = open_one(nodes, "20000"), other = open_one(nodes, "20000");
    MUST(&row, unlock(lock(other, kRepo)));
    Lease lease = lock(holder, kRepo);
    if (!MUST(&row, lease != nullptr)) break;
    asked.fence = fence_of(lease);
    for (const auto &node : nodes) {
      restart_empty(*node);
      for (const int64_t end = now_ns() + kSecondNs; now_ns() < end; usleep(20'000)) {
        const int obtained = asked.obtained;
        const bool was_held = is_held(lease);
        ask(other, &asked);
        MUST(&row, asked.obtained == obtained || !was_held || !is_held(lease));
        if (!is_held(lease)) lease = nullptr;
      }
    }
    MUST(&row, asked.is_well);
    MUST(&row, asked.unavailable > 0);
    const Lease last = lock(other, kRepo);
    if (MUST(&row, last != nullptr)) MUST(&row, fence_of(last) > asked.fence);
  }
  assert_true(end_row(&row, "last run: obtained %d times, refused %d, unavailable %d",
                      asked.obtained, asked.refused, asked.unavailable));
}

// As many as matter are restarted at once: the holder loses it in time, and whoever asks is told of
// each server that it waits.
void a_majority_at_once(void **) {
  row row = begin_row("three of five servers restarted at once, empty", 1);
  while (again(&row)) {
    Nodes nodes(5);
    // Long enough for three servers to start on a busy machine before the first one votes.
    const Client holder = open_one(nodes, "60000", "8000"), other = open_one(nodes, "500", "8000");
    const Lease lease = lock(holder, kRepo);
    if (!MUST(&row, lease != nullptr)) break;
    MUST(&row, comes_true([&] { return unlock(lock(other, "other/name")); }));
    for (size_t i = 0; i < 3; ++i) restart_empty(*nodes[i]);
    char err[REPOLOCK_ERR_SIZE] = "";
    repolock_lease_t *none = nullptr;
    const auto status = repolock_acquire(other.get(), "third/name", sizeof "third/name" - 1,
                                         nullptr, &none, err, sizeof err);
    const Lease unwanted(none);
    if (!MUST(&row, status == REPOLOCK_E_UNAVAILABLE || status == REPOLOCK_E_UNKNOWN))
      std::fprintf(stderr, "%s: %s\n", repolock_status_name(status), err);
    MUST(&row, std::string(err).find(nodes.front()->proxy.path()) != std::string::npos);
    MUST(&row, comes_true([&] { return !is_held(lease); }));
    const Lease next = lock(holder, kRepo);
    if (MUST(&row, next != nullptr)) MUST(&row, fence_of(next) > fence_of(lease));
  }
  assert_true(end_row(&row, "unavailable until they vote again, each is named"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(one_per_second),
      cmocka_unit_test(a_majority_at_once),
  };
  return run_on_redis(tests);
}
