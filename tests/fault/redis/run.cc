#include "fault/redis/run.h"

#include <unistd.h>

#include "fault/redis/workloads.h"
#include "support/shared.h"

namespace repolock::testing {

namespace {

constexpr int64_t kFaultsNs = 1'500'000'000;
constexpr int64_t kPatienceNs = 30'000'000'000;

bool await_leases(const History &history, uint64_t more) {
  const uint64_t wanted = history.obtained + more;
  const int64_t end = now_ns() + kPatienceNs;
  while (history.obtained < wanted) {
    if (now_ns() > end) return false;
    usleep(2000);
  }
  return true;
}

}  // namespace

Outcome run(const Plan &plan) {
  const Shared<History> history;
  Nodes nodes(plan.servers, plan.fault->keeps, plan.seed);
  std::minstd_rand random(plan.seed);
  std::vector<std::unique_ptr<Child>> workers;
  const auto one_more = [&](size_t worker) {
    return std::make_unique<Child>([&, worker, seed = static_cast<uint32_t>(random())](Child &) {
      const auto locker = plan.rules == Rules::kLibrary
                              ? make_library_locker(nodes, plan.fault->restart_guard)
                              : make_redlock(nodes, seed);
      work(*locker, *history, worker, seed);
      return 0;
    });
  };
  while (workers.size() < kWorkers) workers.push_back(one_more(workers.size()));

  Outcome outcome;
  const Victims victims{nodes, workers, one_more, random};
  outcome.went_on = await_leases(*history, 2 * kWorkers);
  for (const int64_t end = now_ns() + kFaultsNs; now_ns() < end;) plan.fault->act(victims);
  if (plan.fault->leaves_quorum)
    outcome.went_on = await_leases(*history, kWorkers) && outcome.went_on;
  end_faults(victims);
  const int64_t began = now_ns();
  outcome.went_on = await_leases(*history, 2 * kWorkers) && outcome.went_on;
  outcome.recovery_ms = (now_ns() - began) / 1'000'000;
  history->is_over = true;
  outcome.has_ended = true;
  for (const auto &worker : workers) outcome.has_ended = worker->wait() == 0 && outcome.has_ended;
  outcome.verdict = judge(*history);
  return outcome;
}

}  // namespace repolock::testing
