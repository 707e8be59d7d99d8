// Random requests of three clients in one directory, from a seed, against what must hold whatever
// comes: one exclusive holder or shared ones, granted in the order in which they asked, with growing
// fences, and nobody waits for a free lock.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "backend/file/file.h"
#include "support/lock_directory.h"
#include "support/random_clients.h"

#include "support/cmocka.h"

namespace {

using namespace repolock::testing;
using repolock::backend::file::init;

constexpr int kSteps = 300;
constexpr char kRepo[] = "a/b";

struct Attempt {
  BackendDriver *driver;
  uint64_t request;
  std::string lease;
  bool shared;
  bool is_over = false;  // released, broken, or its client has closed

  bool waits() const { return !is_over && !driver->answered(request); }
  bool was_granted() const { return driver->answer(request).result() == REPOLOCK_OK; }
  bool holds() const { return !is_over && was_granted(); }
};

class Run : RandomClients {
 public:
  Run(uint32_t seed, const std::string &url) : RandomClients(seed, init, url) {}

  bool go() {
    for (int step = 0; step < kSteps; ++step) {
      act();
      clock().advance(0);
      if (!all_is_well()) return false;
    }
    return ends_well();
  }

 private:
  void act() {
    const size_t what = below(100);
    if (what < 45) return acquire();
    if (what < 92) return on_an_attempt();
    if (what < 97) return clock().advance(static_cast<int64_t>(below(2000)));
    replace_a_client();
  }

  void acquire() {
    Acquire how;
    how.shared = one_in(3);
    how.wait = !one_in(4);
    if (one_in(4)) how.deadline_ms = clock().now() + static_cast<int64_t>(below(600));
    BackendDriver &driver = any_client();
    const auto lease = lease_id(++leases_);
    attempts_.push_back({&driver, driver.acquire(kRepo, lease, how), lease, how.shared});
  }

  void on_an_attempt() {
    if (attempts_.empty()) return;
    const size_t back = 1 + below(std::min<size_t>(attempts_.size(), 12));
    Attempt &attempt = attempts_[attempts_.size() - back];
    if (attempt.is_over) return;
    if (!attempt.was_granted()) return attempt.driver->cancel(attempt.request);
    if (one_in(6)) {
      BackendDriver &breaker = any_client();
      const auto id = breaker.break_lease(kRepo, attempt.lease);
      if (breaker.answer(id).result() != REPOLOCK_OK) ++faults_;
    } else if (one_in(4)) {
      const auto id = attempt.driver->extend(kRepo, attempt.lease);
      if (attempt.driver->answer(id).result() != REPOLOCK_OK) ++faults_;
      return;
    } else {
      const auto id = attempt.driver->release(kRepo, attempt.lease);
      if (attempt.driver->answer(id).result() != REPOLOCK_OK) ++faults_;
    }
    attempt.is_over = true;
  }

  void replace_a_client() {
    const BackendDriver &closed = replace_one();
    for (Attempt &attempt : attempts_)
      attempt.is_over = attempt.is_over || attempt.driver == &closed;
  }

  // Lease ids count up, so a smaller one asked earlier.
  bool all_is_well() {
    std::vector<const Attempt *> holders, waiters;
    for (const Attempt &attempt : attempts_) {
      if (attempt.holds()) holders.push_back(&attempt);
      if (attempt.waits()) waiters.push_back(&attempt);
    }
    for (const Attempt *holder : holders) {
      if (!holder->shared && holders.size() > 1) return false;
      for (const Attempt *waiter : waiters)
        if (waiter->lease < holder->lease && !(waiter->shared && holder->shared)) return false;
    }
    if (!waiters.empty()) {
      const Attempt &first = *waiters.front();
      const bool is_free = holders.empty() || (first.shared && holders.front()->shared);
      if (is_free) return false;
    }
    return shows(holders, waiters);
  }

  bool shows(const std::vector<const Attempt *> &holders,
             const std::vector<const Attempt *> &waiters) {
    BackendDriver &driver = any_client();
    const auto rows = driver.answer(driver.inspect(kRepo)).rows;
    if (rows.size() != holders.size() + waiters.size()) return false;
    for (size_t i = 0; i < rows.size(); ++i) {
      const bool holds = i < holders.size();
      const Attempt &expected = holds ? *holders[i] : *waiters[i - holders.size()];
      if (rows[i].lease_id != expected.lease) return false;
      if (rows[i].row != (holds ? REPOLOCK_ROW_HOLDER : REPOLOCK_ROW_WAITER)) return false;
    }
    return true;
  }

  // In the order of the answers.
  bool fences_grow() const {
    std::map<uint64_t, const Attempt *> granted;
    for (const Attempt &attempt : attempts_)
      if (attempt.was_granted()) granted[attempt.driver->answer(attempt.request).order] = &attempt;
    uint64_t newest = 0;
    for (const auto &[order, attempt] : granted) {
      const uint64_t fence = attempt->driver->answer(attempt->request).grant().fence;
      if (newest != 0 && (attempt->shared ? fence != newest : fence <= newest)) return false;
      newest = fence;
    }
    return true;
  }

  bool ends_well() {
    for (Attempt &attempt : attempts_)
      if (attempt.waits()) attempt.driver->cancel(attempt.request);
    clock().advance(60'000);
    for (const Attempt &attempt : attempts_)
      if (attempt.waits()) return false;
    return end_well() && fences_grow() && faults_ == 0;
  }

  std::vector<Attempt> attempts_;
  uint64_t leases_ = 0;
  int faults_ = 0;
};

void holds_whatever_comes(void **) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    const LockDirectory directory;
    Run run(seed, directory.url());
    if (!run.go()) fail_msg("seed %u", seed);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(holds_whatever_comes)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
