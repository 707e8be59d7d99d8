// call.h - a script that a server is asked to run.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "backend/redis/connection.h"
#include "backend/redis/script.h"

namespace repolock::backend::redis {

// Its outcome is a reply that is no error, or a failure in words. A failure other than E_UNKNOWN means
// that nothing was done.
struct Call {
  const Script *script;
  std::vector<std::string> keys;  // without the guard
  // Without run_id and config, and of ACQ without the deadline; asked for when it is sent, as the
  // server's clock may not be known before. Nothing: nobody wants it any more, and it is E_CANCELED.
  std::function<std::optional<std::vector<std::string>>()> args;
  bool needs_vote = true;  // false: also while the guard keeps it out
  Connection::OnOutcome on_outcome;
  bool is_last_word = false;  // nobody waits for its answer, and the process may end behind it

  // Of one lease; those of one turn travel together. Its reply is what was said of that lease.
  bool travels_with_others() const { return script == &script::kAcq || script == &script::kRel; }
  bool is_about_the_name_of(const Call &other) const { return keys.front() == other.keys.front(); }
};

using Calls = std::vector<Call>;

}  // namespace repolock::backend::redis
