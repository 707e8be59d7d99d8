#include "nested.h"

#include <cstdlib>
#include <sstream>

#include "exit_codes.h"
#include "failure.h"

namespace repolock::shell {
namespace {

std::string held() {
  const char *leases = std::getenv("REPOLOCK_HELD");
  return leases ? leases : "";
}

bool is_around(const Row &holder) {
  std::istringstream leases(held());
  for (std::string lease; leases >> lease;) {
    if (lease == holder.lease_id) return true;
  }
  return false;
}

}  // namespace

std::string held_with(const Lease &lease) {
  const std::string around = held();
  return around + (around.empty() ? "" : " ") + repolock_lease_id(lease.get());
}

void refuse_nested(const RepoRows &rows) {
  for (const auto &holder : rows.holders) {
    if (!is_around(holder)) continue;
    throw Failure{kExitUsage,
                  rows.repo + " is locked by a 'repolock run' around this one (lease " +
                      holder.lease_id + "), so this one would wait for itself: leave it out",
                  REPOLOCK_E_DEADLOCK};
  }
}

}  // namespace repolock::shell
