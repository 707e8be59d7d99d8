// The connection to a server is cut at one byte after the other, by an end or by a reset, and comes in
// reads of one byte: the lease is obtained all the same, alone, and the next one too.
#include <string>
#include <utility>
#include <vector>

#include "fault/redis/on_nodes.h"
#include "fault/row.h"

#include "support/cmocka.h"
#include "support/run_on_redis.h"

namespace {

using namespace repolock::testing;

// Connects, acquires, releases, and has gone. The fence; 0, and why: it was not obtained.
uint64_t one_session(const Client &client) {
  char err[REPOLOCK_ERR_SIZE] = "";
  repolock_lease_t *obtained = nullptr;
  const auto status =
      repolock_acquire(client.get(), kRepo, sizeof kRepo - 1, nullptr, &obtained, err, sizeof err);
  const Lease lease(obtained);
  if (lease == nullptr) {
    std::fprintf(stderr, "not obtained: %s: %s\n", repolock_status_name(status), err);
    return 0;
  }
  const uint64_t fence = fence_of(lease);
  const auto released = repolock_release(lease.get());
  const bool is_told = released == REPOLOCK_OK || released == REPOLOCK_E_UNKNOWN ||
                       released == REPOLOCK_E_LOST || released == REPOLOCK_E_UNAVAILABLE;
  if (!is_told) std::fprintf(stderr, "released: %s\n", repolock_status_name(released));
  return is_told ? fence : 0;
}

// Which bytes, in whose way to or from the clients of which server.
struct Cut {
  const char *fault;
  WayFaults ProxyFaults::*way;
  std::atomic<uint64_t> ProxyFaults::*bytes;
};

void is_cut(const Cut &cut, const std::string &url, FaultProxy &proxy, uint64_t runs) {
  constexpr uint64_t kStride = 61;  // a prime: in the end each byte has its turn
  row row = begin_row(cut.fault, runs);
  uint64_t fence = one_session(open_at(url, 20'000));
  assert_true(fence > 0);
  const uint64_t size = proxy.seen().*cut.bytes;
  while (again(&row)) {
    const uint64_t at = (row.runs * kStride + fault_seed()) % size;
    proxy.set([&](ProxyFaults &faults) { (faults.*cut.way).cut_after = static_cast<int64_t>(at); });
    const uint64_t next = one_session(open_at(url, 20'000));
    if (!MUST(&row, next > fence))
      std::fprintf(stderr, "cut after byte %d\n", static_cast<int>(at));
    fence = next;
    proxy.heal();
  }
  assert_true(end_row(&row, "each %u-th of %llu bytes", static_cast<unsigned>(kStride),
                      static_cast<unsigned long long>(size)));
}

void is_ended(const Cut &cut, size_t servers) {
  const Nodes nodes(servers);
  is_cut(cut, nodes.url(), nodes.front()->proxy, 20);
}
// Over TCP, where the end of a proxy is an RST: what was on its way is lost, and the reader has an error.
void is_reset(const Cut &cut) {
  const Nodes nodes(1);
  FaultProxy proxy(nodes.front()->server.path(), FaultProxy::Kind::kTcp);
  is_cut(cut, "redis://127.0.0.1:" + std::to_string(proxy.port()), proxy, 5);
}

constexpr auto kRequests = &ProxyFaults::requests, kReplies = &ProxyFaults::replies;
constexpr auto kSaid = &ProxyFaults::bytes_said, kAnswered = &ProxyFaults::bytes_answered;

void requests_are_cut(void **) {
  is_ended({"requests cut at some byte; one server", kRequests, kSaid}, 1);
  is_ended({"requests cut at some byte; one of three servers", kRequests, kSaid}, 3);
}
void replies_are_cut(void **) {
  is_ended({"replies cut at some byte; one server", kReplies, kAnswered}, 1);
  is_ended({"replies cut at some byte; one of three servers", kReplies, kAnswered}, 3);
}
void connections_are_reset(void **) {
  is_reset({"RST at some byte of the requests, TCP; one server", kRequests, kSaid});
  is_reset({"RST at some byte of the replies, TCP; one server", kReplies, kAnswered});
}

// Thousands of reads, each of which waits for the one before: no deadline of a client may come in
// between, however slow the machine is. That of its first answer ever cannot be put off: it has had one,
// and connects again. (How requests are cut is for the server's parser.)
void all_comes_byte_by_byte(void **) {
  const std::vector<std::pair<const char *, const char *>> patient = {{"max_ttl_ms", "60000"},
                                                                      {"ttl_ms", "60000"},
                                                                      {"wait_ms", "60000"},
                                                                      {"node_timeout_ms", "60000"}};
  row row = begin_row("replies in reads of one byte", 2);
  const Nodes nodes(1);
  FaultProxy &proxy = nodes.front()->proxy;
  uint64_t fence = 0, bytes = 0;
  while (again(&row)) {
    const Client client = open_client(nodes.url(), patient);
    MUST(&row, unlock(lock(client, "other/name")));
    const uint64_t before = proxy.seen().bytes_answered;
    proxy.set([](ProxyFaults &faults) { faults.replies.slice = 1; });
    proxy.cut();
    const uint64_t next = one_session(client);
    MUST(&row, next > fence);
    fence = next;
    bytes += proxy.seen().bytes_answered - before;
    proxy.heal();
  }
  assert_true(end_row(&row, "%llu bytes", static_cast<unsigned long long>(bytes)));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(requests_are_cut),
      cmocka_unit_test(replies_are_cut),
      cmocka_unit_test(connections_are_reset),
      cmocka_unit_test(all_comes_byte_by_byte),
  };
  return run_on_redis(tests);
}
