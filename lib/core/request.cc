#include "core/request.h"

#include <algorithm>

#include "core/option_value.h"
#include "core/options.h"

namespace repolock::core {

namespace {

Failure invalid(std::string message) {
  return {Status::kInvalid, std::move(message)};
}

}  // namespace

std::optional<Failure> check_ttl(Millis ttl, const Options &options) {
  if (ttl < 1)
    return invalid("ttl " + std::to_string(ttl) + " ms is too short; give 1 ms to max_ttl_ms (" +
                   std::to_string(options.max_ttl()) + " ms)");
  if (ttl > options.max_ttl())
    return invalid("ttl " + std::to_string(ttl) + " ms is more than max_ttl_ms (" +
                   std::to_string(options.max_ttl()) +
                   " ms); a lease is renewed by itself, so a short ttl holds as long as you need");
  return std::nullopt;
}

Result<Plan> make_plan(std::string_view repo, const Request &request, const Options &options) {
  Plan plan;
  plan.ttl = request.ttl.value_or(options.ttl());
  if (auto failure = check_ttl(plan.ttl, options)) return *failure;

  plan.wait = request.wait.value_or(options.wait());
  if (plan.wait == -1) plan.wait = kForever;
  if (plan.wait < 0)
    return invalid("wait " + std::to_string(plan.wait) +
                   " ms is negative; give 0 (do not wait), a number of ms, or -1 (without end)");

  plan.max_hold = request.max_hold.value_or(options.max_hold());
  if (request.max_hold && (*request.max_hold == -1 || *request.max_hold == 0))
    plan.max_hold = kForever;
  if (plan.max_hold < 0)
    return invalid("max_hold " + std::to_string(plan.max_hold) +
                   " ms is negative; give a number of ms, or 0 for none");
  plan.ttl = std::min(plan.ttl, plan.max_hold);  // others wait no longer than it can last

  if (request.shared != 0 && request.shared != 1)
    return invalid("shared is " + std::to_string(request.shared) + "; give 1 or 0");
  plan.shared = request.shared == 1;
  plan.renew = request.renew;
  plan.holder = request.holder.value_or(options.holder());
  if (auto failure = check_holder(plan.holder)) return *failure;

  std::vector<std::string> asked;
  std::vector<std::string_view> spellings{repo};
  spellings.insert(spellings.end(), request.more_repos.begin(), request.more_repos.end());
  if (spellings.size() > kMaxNames)
    return invalid(std::to_string(spellings.size()) + " names in one lease; at most " +
                   std::to_string(kMaxNames) + " go together");
  for (const std::string_view spelling : spellings) {
    Result<std::string> canonical = canonical_repo(spelling, options.name_rules());
    if (const Failure *failure = failure_of(canonical)) return *failure;
    asked.push_back(std::get<std::string>(std::move(canonical)));
  }
  // One order for all: two leases of the same names cannot wait for each other.
  plan.repos = asked;
  std::sort(plan.repos.begin(), plan.repos.end());
  plan.repos.erase(std::unique(plan.repos.begin(), plan.repos.end()), plan.repos.end());
  for (const std::string &name : asked)
    plan.asked_order.push_back(static_cast<size_t>(
        std::lower_bound(plan.repos.begin(), plan.repos.end(), name) - plan.repos.begin()));
  return plan;
}

}  // namespace repolock::core
