// failures.h - of several servers too few did what was asked: why, of each of them.
#pragma once

#include <cstddef>
#include <string>

#include "backend/host/failure.h"

namespace repolock::backend::redis {

class Failures {
 public:
  void add(const Failure &why);
  size_t count() const { return count_; }
  // What one server alone said is said as it is.
  Failure sum(size_t servers, size_t quorum) const;

 private:
  size_t count_ = 0, lasting_ = 0;
  std::string messages_;
  repolock_status_t passing_ = REPOLOCK_E_UNAVAILABLE, last_ = REPOLOCK_E_UNAVAILABLE;
};

}  // namespace repolock::backend::redis
