#include "fault/redis/played_rows.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "fault/redis/run.h"
#include "fault/row.h"
#include "support/cmocka.h"
#include "support/shared.h"

namespace repolock::testing {

namespace {

constexpr size_t kSideBySide = 9;

// So many runs at once, each in a process of its own: most of them wait most of the time.
std::vector<Outcome> play(const std::vector<Plan> &plans) {
  std::vector<Outcome> outcomes;
  for (size_t first = 0; first < plans.size(); first += kSideBySide) {
    const size_t count = std::min(kSideBySide, plans.size() - first);
    const Shared<std::array<Outcome, kSideBySide>> shared;
    std::vector<std::unique_ptr<Child>> plays;
    for (size_t i = 0; i < count; ++i)
      plays.push_back(std::make_unique<Child>([&, i](Child &) {
        (*shared)[i] = run(plans[first + i]);
        return 0;
      }));
    for (const auto &one : plays) one->wait();
    outcomes.insert(outcomes.end(), shared->begin(),
                    shared->begin() + static_cast<ptrdiff_t>(count));
  }
  return outcomes;
}

std::string name_of(const Fault &fault, size_t servers) {
  const char *place = servers == 1 ? "one server" : servers == 3 ? "three servers" : "five servers";
  return std::string(fault.name) + "; " + place;
}

// The same seeds for both.
std::vector<Plan> plans_of(const Fault &fault, size_t servers, Rules rules, uint64_t runs) {
  std::vector<Plan> plans;
  for (uint32_t i = 0; i < runs; ++i)
    plans.push_back({&fault, servers, rules, 1000 * fault_seed() + i});
  return plans;
}

uint64_t judge_row(const Fault &fault, size_t servers, const Outcome *outcomes, uint64_t runs) {
  const std::string name = name_of(fault, servers);
  row row = begin_row(name.c_str(), 1);
  uint64_t leases = 0, overlaps = 0;
  int64_t recovery_ms = 0;
  for (uint64_t i = 0; i < runs && again(&row); ++i) {
    const Outcome &outcome = outcomes[i];
    MUST(&row, outcome.has_ended);
    MUST(&row, outcome.went_on);
    MUST(&row, outcome.verdict.equal_fences == 0);
    MUST(&row, outcome.verdict.fences_back == 0);
    MUST(&row, outcome.verdict.old_writes == 0);
    overlaps += outcome.verdict.overlaps;
    MUST(&row, fault.may_overlap || outcome.verdict.overlaps == 0);
    MUST(&row, fault.may_overlap || outcome.verdict.lost_updates == 0);
    leases += outcome.verdict.leases;
    recovery_ms = std::max(recovery_ms, outcome.recovery_ms);
  }
  const std::string beyond =
      fault.may_overlap ? "beyond the model: two held " + std::to_string(overlaps) + " times; "
                        : "";
  assert_true(end_row(&row, "%s%llu leases, work again after %lld ms at most", beyond.c_str(),
                      static_cast<unsigned long long>(leases),
                      static_cast<long long>(recovery_ms)));
  return overlaps;
}

}  // namespace

uint64_t runs_of_a_row() {
  return begin_row("", 1).planned;
}

bool is_for_the_table() {
  return std::getenv("REPOLOCK_FAULT_TIMES") != nullptr;
}

std::vector<size_t> server_counts() {
  return is_for_the_table() ? std::vector<size_t>{1, 3} : std::vector<size_t>{1};
}

uint64_t play_rows(std::span<const Fault> faults, size_t servers) {
  const uint64_t runs = runs_of_a_row();
  std::vector<Plan> plans;
  for (const Fault &fault : faults)
    for (const Plan &plan : plans_of(fault, servers, Rules::kLibrary, runs)) plans.push_back(plan);
  const std::vector<Outcome> outcomes = play(plans);
  uint64_t overlaps = 0;
  for (size_t i = 0; i < faults.size(); ++i)
    overlaps += judge_row(faults[i], servers, &outcomes[i * runs], runs);
  return overlaps;
}

uint64_t play_control(std::span<const Fault> faults, size_t servers) {
  uint64_t all = 0;
  for (const Fault &fault : faults) {
    uint64_t broken = 0;
    for (const Outcome &outcome : play(plans_of(fault, servers, Rules::kRedlock, runs_of_a_row())))
      broken += outcome.verdict.all();
    std::printf("control: %s | %llu\n", name_of(fault, servers).c_str(),
                static_cast<unsigned long long>(broken));
    all += broken;
  }
  return all;
}

}  // namespace repolock::testing
