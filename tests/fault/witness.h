// witness.h - looks at one lease in the moment when another one is granted, before anybody hears of
// that: it must not be held any more.
#pragma once

#include <semaphore>

#include "fault/locking.h"

namespace repolock::testing {

class Witness {
 public:
  // Of the grant of op; both outlive it.
  Witness(const Op &op, const Lease &earlier) : earlier_(earlier) {
    repolock_op_on_done(op.get(), look, this, nullptr);
  }
  Witness(const Witness &) = delete;
  Witness &operator=(const Witness &) = delete;

  // Waits for the end of op.
  bool saw_two() {
    has_looked_.acquire();
    return has_seen_two_;
  }

 private:
  // On the library's thread.
  static void look(const repolock_event_t *event, void *user_data) {
    auto &self = *static_cast<Witness *>(user_data);
    self.has_seen_two_ = repolock_event_status(event) == REPOLOCK_OK &&
                         repolock_lease_status(self.earlier_.get()) == REPOLOCK_OK;
    self.has_looked_.release();
  }

  const Lease &earlier_;
  bool has_seen_two_ = false;
  std::binary_semaphore has_looked_{0};
};

}  // namespace repolock::testing
