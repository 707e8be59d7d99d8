// Random requests of three clients, from a seed, against what must hold whatever comes: one
// exclusive holder or shared ones, FIFO, growing fences, nobody waits for a free lock, exactly one
// answer a request.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "backend/memory/memory.h"
#include "support/memory_stores.h"
#include "support/random_clients.h"

#include "support/cmocka.h"

namespace {

using namespace repolock::testing;
using repolock::backend::memory::init;

constexpr int kSteps = 400;

// One acquire, as its caller knows it.
struct Attempt {
  BackendDriver *driver;
  uint64_t request;
  std::string lease;
  std::string repo;
  bool shared;
  bool over = false;  // closed client: it hears nothing any more

  bool waits() const { return !over && !driver->answered(request); }
  bool granted() const { return driver->answer(request).result() == REPOLOCK_OK; }
};

class Run : RandomClients {
 public:
  Run(uint32_t seed, const std::string &url) : RandomClients(seed, init, url), url_(url) {}

  bool go() {
    for (int step = 0; step < kSteps; ++step) {
      act();
      clock().advance(0);
      if (!holds()) return false;
    }
    return ends_well();
  }

 private:
  void act() {
    const size_t what = below(100);
    if (what < 40) return acquire();
    if (what < 80) return on_an_attempt();
    if (what < 96) return clock().advance(static_cast<int64_t>(below(400)));
    if (what < 98) return replace_a_client();
    suffer();
  }

  void acquire() {
    Acquire how;
    how.shared = one_in(3);
    how.wait = !one_in(4);
    how.ttl_ms = 50 + static_cast<int64_t>(below(1'000));
    if (one_in(4)) how.deadline_ms = clock().now() + static_cast<int64_t>(below(600));
    BackendDriver &driver = any_client();
    const auto lease = lease_id(++leases_);
    const std::string repo = one_in(2) ? "a/b" : "a/c";
    attempts_.push_back({&driver, driver.acquire(repo, lease, how), lease, repo, how.shared});
  }

  // Of the latest ones, as the others have mostly come to their end.
  void on_an_attempt() {
    if (attempts_.empty()) return;
    const size_t back = 1 + below(std::min<size_t>(attempts_.size(), 12));
    const Attempt &attempt = attempts_[attempts_.size() - back];
    if (attempt.over) return;
    switch (below(5)) {
      case 0:
        return attempt.driver->cancel(attempt.request);
      case 1:
        attempt.driver->extend(attempt.repo, attempt.lease, 50 + static_cast<int64_t>(below(999)));
        return;
      case 2:
        any_client().break_lease(attempt.repo, attempt.lease);
        return;
      default:
        attempt.driver->release(attempt.repo, attempt.lease);
    }
  }

  void replace_a_client() {
    const BackendDriver &closed = replace_one();
    for (Attempt &attempt : attempts_) attempt.over = attempt.over || attempt.driver == &closed;
  }

  void suffer() {
    BackendDriver injector(&clock());
    const char *fault = one_in(3) ? "lose" : "expire";
    assert_int_equal(injector.open(init, url_, {{"memory.fault", fault}}), REPOLOCK_OK);
  }

  // In the order of the answers.
  void check_fences() {
    std::vector<const Attempt *> granted;
    for (const auto &attempt : attempts_) {
      if (attempt.granted()) granted.push_back(&attempt);
    }
    const auto order = [](const Attempt *a) { return a->driver->answer(a->request).order; };
    std::sort(granted.begin(), granted.end(),
              [&](const auto *a, const auto *b) { return order(a) < order(b); });
    std::map<std::string, uint64_t> last;
    for (const auto *attempt : granted) {
      const uint64_t fence = attempt->driver->answer(attempt->request).grant().fence;
      uint64_t &newest = last[attempt->repo];
      const bool good = attempt->shared ? fence == std::max<uint64_t>(newest, 1) : fence > newest;
      if (!good) ++violations_;
      newest = fence;
    }
  }

  size_t waiting() const {
    return static_cast<size_t>(std::count_if(attempts_.begin(), attempts_.end(),
                                             [](const Attempt &a) { return a.waits(); }));
  }

  bool holds() {
    BackendDriver &driver = any_client();
    const size_t waited = waiting();
    for (const std::string repo : {"a/b", "a/c"}) {
      std::vector<Row> holders, waiters;
      for (const auto &row : driver.answer(driver.inspect(repo)).rows) {
        (row.row == REPOLOCK_ROW_HOLDER ? holders : waiters).push_back(row);
      }
      if (!exclusive(holders) || !in_order(repo, holders, waiters)) return false;
    }
    // A look must not be what brings a grant about: it was due before.
    return waiting() == waited;
  }

  bool exclusive(const std::vector<Row> &holders) const {
    return std::all_of(holders.begin(), holders.end(), [&](const Row &row) {
      return (row.shared == 1 || holders.size() == 1) && row.remaining_ms > 0;
    });
  }

  // Lease ids count up, so a smaller one asked earlier: nobody who came later holds together with
  // an exclusive one that waits, and the queue stands as it came.
  bool in_order(const std::string &repo, const std::vector<Row> &holders,
                const std::vector<Row> &waiters) const {
    if (!waiters.empty() && holders.empty()) return false;
    std::vector<std::string> expected;
    for (const auto &attempt : attempts_) {
      if (attempt.repo == repo && attempt.waits()) expected.push_back(attempt.lease);
    }
    if (expected.size() != waiters.size()) return false;
    for (size_t i = 0; i < waiters.size(); ++i) {
      if (waiters[i].lease_id != expected[i]) return false;
      if (waiters[i].place != static_cast<int64_t>(i) + 1) return false;
    }
    return std::all_of(holders.begin(), holders.end(), [&](const Row &holder) {
      return waiters.empty() || holder.lease_id < waiters.front().lease_id;
    });
  }

  // All ttls run out and all deadlines pass, and nobody is left without an answer.
  bool ends_well() {
    for (const auto &attempt : attempts_) {
      if (!attempt.over) attempt.driver->cancel(attempt.request);
    }
    clock().advance(60'000);
    for (const auto &attempt : attempts_) {
      if (attempt.waits()) return false;
    }
    check_fences();
    return end_well() && violations_ == 0;
  }

  const std::string url_;
  std::vector<Attempt> attempts_;
  uint64_t leases_ = 0;
  int violations_ = 0;
};

void holds_whatever_comes(void **) {
  for (uint32_t seed = 1; seed <= 30; ++seed) {
    Run run(seed, fresh_store());
    if (!run.go()) fail_msg("seed %u", seed);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(holds_whatever_comes)};
  return cmocka_run_group_tests_name("memory_random", tests, nullptr, nullptr);
}
