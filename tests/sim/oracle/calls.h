// calls.h - the calls of all programs: each completes exactly once, in its time, and honestly.
#pragma once

#include <map>
#include <utility>

#include "core/command.h"
#include "oracle/requests.h"
#include "run.h"

namespace repolock::sim {

class Calls {
 public:
  enum class Kind {
    kAcquire,
    kExtend,
    kRelease,
    kQuery,
    kShutdown
  };

  explicit Calls(const Requests &requests) : requests_(requests) {}

  // Its result must be there when the client's clock shows `due`.
  void begins(ClientId client, core::OpKey op, Kind kind, Millis now, Millis due);
  // Its result rests on the answer to that request.
  void sent_as(ClientId client, core::OpKey op, uint64_t request);
  // lease_id: of a release.
  void completed(ClientId client, const core::Complete &done, const std::string &lease_id);
  // The engine of this client has looked at its clock.
  void time_passed(ClientId client, Millis now) const;
  void gone(ClientId client);

  bool any_of(ClientId client) const;

 private:
  struct Call {
    Kind kind = Kind::kQuery;
    Millis started = 0;
    Millis due = kForever;
    uint64_t request = 0;
  };
  using Key = std::pair<ClientId, core::OpKey>;

  void check(ClientId client, const Call &call, const core::Complete &done,
             const std::string &lease_id) const;

  const Requests &requests_;
  std::map<Key, Call> calls_;
};

}  // namespace repolock::sim
