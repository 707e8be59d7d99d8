#include "backend/redis/failures.h"

namespace repolock::backend::redis {

void Failures::add(const Failure &why) {
  messages_ += (count_ == 0 ? "" : "; ") + why.message;
  ++count_;
  if (why.status == REPOLOCK_E_UNKNOWN) {
    passing_ = REPOLOCK_E_UNKNOWN;
  } else if (why.status != REPOLOCK_E_UNAVAILABLE) {
    last_ = why.status;
    ++lasting_;
  }
}

// What does not pass by itself counts only where it alone leaves no quorum.
Failure Failures::sum(size_t servers, size_t quorum) const {
  const repolock_status_t status = lasting_ > servers - quorum ? last_ : passing_;
  if (servers == 1) return {status, messages_};
  return {status, std::to_string(servers - count_) + " of " + std::to_string(servers) +
                      " servers answer, and " + std::to_string(quorum) +
                      " have to agree: " + messages_};
}

}  // namespace repolock::backend::redis
