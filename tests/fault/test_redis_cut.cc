// The connection to a server is cut at one byte after the other, and comes in reads of one byte: the
// lease is obtained all the same, alone, and the next one too.
#include "fault/redis/on_nodes.h"
#include "fault/row.h"

#include "support/cmocka.h"
#include "support/run_on_redis.h"

namespace {

using namespace repolock::testing;

// Connects, acquires, releases, and has gone. The fence; 0: it was not obtained.
uint64_t one_session(const Nodes &nodes) {
  const Client client = open_on(nodes, 20'000);
  const Lease lease = lock(client, kRepo);
  if (lease == nullptr) return 0;
  const uint64_t fence = fence_of(lease);
  const auto released = repolock_release(lease.get());
  const bool is_told = released == REPOLOCK_OK || released == REPOLOCK_E_UNKNOWN ||
                       released == REPOLOCK_E_LOST || released == REPOLOCK_E_UNAVAILABLE;
  return is_told ? fence : 0;
}

void is_cut(size_t servers, WayFaults ProxyFaults::*way, std::atomic<uint64_t> ProxyFaults::*bytes,
            const char *fault) {
  constexpr uint64_t kStride = 61;  // a prime: in the end each byte has its turn
  row row = begin_row(fault, 20);
  Nodes nodes(servers);
  FaultProxy &proxy = nodes.front()->proxy;
  uint64_t fence = one_session(nodes);
  assert_true(fence > 0);
  const uint64_t size = proxy.seen().*bytes;
  while (again(&row)) {
    const uint64_t at = (row.runs * kStride + fault_seed()) % size;
    proxy.set([&](ProxyFaults &faults) { (faults.*way).cut_after = static_cast<int64_t>(at); });
    const uint64_t next = one_session(nodes);
    if (!MUST(&row, next > fence))
      std::fprintf(stderr, "cut after byte %d\n", static_cast<int>(at));
    fence = next;
    proxy.heal();
  }
  assert_true(end_row(&row, "each %u-th of %llu bytes", static_cast<unsigned>(kStride),
                      static_cast<unsigned long long>(size)));
}

void requests_are_cut(void **) {
  is_cut(1, &ProxyFaults::requests, &ProxyFaults::bytes_said,
         "requests cut at some byte; one server");
  is_cut(3, &ProxyFaults::requests, &ProxyFaults::bytes_said,
         "requests cut at some byte; one of three servers");
}
void replies_are_cut(void **) {
  is_cut(1, &ProxyFaults::replies, &ProxyFaults::bytes_answered,
         "replies cut at some byte; one server");
  is_cut(3, &ProxyFaults::replies, &ProxyFaults::bytes_answered,
         "replies cut at some byte; one of three servers");
}

void all_comes_byte_by_byte(void **) {
  row row = begin_row("requests and replies in reads of one byte", 2);
  Nodes nodes(1);
  nodes.front()->proxy.set(
      [](ProxyFaults &faults) { faults.requests.slice = faults.replies.slice = 1; });
  uint64_t fence = 0;
  while (again(&row)) {
    const uint64_t next = one_session(nodes);
    MUST(&row, next > fence);
    fence = next;
  }
  assert_true(end_row(&row, "%llu bytes",
                      static_cast<unsigned long long>(nodes.front()->proxy.seen().bytes_answered)));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(requests_are_cut),
      cmocka_unit_test(replies_are_cut),
      cmocka_unit_test(all_comes_byte_by_byte),
  };
  return run_on_redis(tests);
}
