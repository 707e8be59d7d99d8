// Workers with real redis-servers, one or three, while a nemesis works: no promise is broken, and the
// work goes on afterwards. The control, classic Redlock under the same nemesis, breaks them.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "fault/redis/run.h"
#include "fault/row.h"
#include "support/shared.h"

#include "support/cmocka.h"
#include "support/run_on_redis.h"

namespace {

using namespace repolock::testing;

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
  return std::string(fault.name) + (servers == 1 ? "; one server" : "; three servers");
}

// The same seeds for both.
std::vector<Plan> plans_of(const Fault &fault, size_t servers, Rules rules, uint64_t runs) {
  std::vector<Plan> plans;
  for (uint32_t i = 0; i < runs; ++i)
    plans.push_back({&fault, servers, rules, 1000 * fault_seed() + i});
  return plans;
}

void judge_row(const Fault &fault, size_t servers, const Outcome *outcomes, uint64_t runs) {
  const std::string name = name_of(fault, servers);
  row row = begin_row(name.c_str(), 1);
  uint64_t leases = 0;
  int64_t recovery_ms = 0;
  for (uint64_t i = 0; i < runs && again(&row); ++i) {
    const Outcome &outcome = outcomes[i];
    MUST(&row, outcome.has_ended);
    MUST(&row, outcome.went_on);
    MUST(&row, outcome.verdict.equal_fences == 0);
    MUST(&row, outcome.verdict.fences_back == 0);
    MUST(&row, outcome.verdict.old_writes == 0);
    MUST(&row, outcome.verdict.overlaps == 0);
    MUST(&row, outcome.verdict.lost_updates == 0);
    leases += outcome.verdict.leases;
    recovery_ms = std::max(recovery_ms, outcome.recovery_ms);
  }
  assert_true(end_row(&row, "%llu leases, work again after %lld ms at most",
                      static_cast<unsigned long long>(leases),
                      static_cast<long long>(recovery_ms)));
}

void the_library_breaks_no_promise(void **) {
  const uint64_t runs = begin_row("", 1).planned;
  for (const size_t servers : {size_t{1}, size_t{3}}) {
    std::vector<Plan> plans;
    for (const Fault &fault : kFaults)
      for (const Plan &plan : plans_of(fault, servers, Rules::kLibrary, runs))
        plans.push_back(plan);
    const std::vector<Outcome> outcomes = play(plans);
    for (size_t i = 0; i < kFaults.size(); ++i)
      judge_row(kFaults[i], servers, &outcomes[i * runs], runs);
  }
}

// For the table all of it, else what never fails to show.
void the_control_breaks_them(void **) {
  const bool is_table = std::getenv("REPOLOCK_FAULT_TIMES") != nullptr;
  const uint64_t runs = begin_row("", 1).planned;
  uint64_t all = 0;
  for (const size_t servers : {size_t{1}, size_t{3}})
    for (const Fault &fault : kFaults) {
      if (!is_table && (servers > 1 || &fault != kFaults.data())) continue;
      uint64_t broken = 0;
      for (const Outcome &outcome : play(plans_of(fault, servers, Rules::kRedlock, runs)))
        broken += outcome.verdict.all();
      std::printf("control: %s | %llu\n", name_of(fault, servers).c_str(),
                  static_cast<unsigned long long>(broken));
      all += broken;
    }
  assert_true(all > 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_library_breaks_no_promise),
      cmocka_unit_test(the_control_breaks_them),
  };
  return run_on_redis(tests);
}
