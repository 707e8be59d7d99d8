// fences.h - of each name the fences grow: an acquisition that began after another was granted gets
// a larger one, and no two exclusive leases have the same (I1, I2).
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/command.h"
#include "oracle/violation.h"
#include "run.h"

namespace repolock::sim {

class Fences {
 public:
  void asked(ClientId client, core::OpKey op, const std::vector<std::string> &repos) {
    auto &floors = floors_[{client, op}];
    for (const std::string &repo : repos) floors[repo] = newest_[repo];
  }

  // promised: the service has never gone back.
  void granted(ClientId client, core::OpKey op, const core::Granted &lease, bool shared,
               bool promised) {
    const auto floors = floors_.extract({client, op});
    ++count_;
    if (!promised) return;
    const std::set<std::string> repos(lease.repos.begin(), lease.repos.end());
    for (size_t index = 0; index < lease.repos.size(); ++index) {
      const std::string &repo = lease.repos[index];
      const uint64_t fence = lease.fences[index];
      const uint64_t floor = floors.mapped().at(repo);
      if (shared ? fence < floor || fence == 0 : fence <= floor)
        throw Violation(kFence, "fence " + std::to_string(fence) + " of " + repo + " after " +
                                    std::to_string(floor));
      newest_[repo] = std::max(newest_[repo], fence);
    }
    if (shared) return;
    for (const std::string &repo : repos) {
      const auto at = std::find(lease.repos.begin(), lease.repos.end(), repo);
      const uint64_t fence = lease.fences[static_cast<size_t>(at - lease.repos.begin())];
      if (!given_.insert({repo, fence}).second)
        throw Violation(kFence, "fence " + std::to_string(fence) + " of " + repo + " twice");
    }
  }

  size_t count() const { return count_; }  // of leases granted

 private:
  size_t count_ = 0;
  std::map<std::string, uint64_t> newest_;
  std::set<std::pair<std::string, uint64_t>> given_;  // exclusive ones
  std::map<std::pair<ClientId, core::OpKey>, std::map<std::string, uint64_t>> floors_;
};

}  // namespace repolock::sim
