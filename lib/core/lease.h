// lease.h - one lease, and when it must be renewed, be given up, and end.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/backend.h"
#include "core/command.h"

namespace repolock::core {

// One name of a lease.
struct LeasePart {
  std::string repo;
  uint64_t fence = 0;
  Previous previous = Previous::kNone;
  int32_t inherit_fd = -1;
  Millis valid_until = kForever;
};

struct Lease {
  enum class State {
    kGathering,  // some of its names are locked, the acquisition goes on
    kHeld,
    kLost,       // the holder was told; what is left waits for its release
    kReleasing,  // waits for the backend's answer
    kLeft        // nobody has the handle; ends by its ttl
  };

  LeaseKey key = 0;
  std::string id;
  State state = State::kGathering;
  OpKey gathering_op = 0;
  bool shared = false;
  bool renew = true;
  bool inherited = false;  // its descriptors were handed out
  Millis ttl = 0;          // as it was granted last
  Millis asked_ttl = 0;    // of the renewals to come
  Millis max_hold = kForever;
  std::vector<LeasePart> parts;

  Millis granted_at = 0;
  Millis hard_end = kForever;  // whatever is renewed, it ends here
  LossReason hard_reason = LossReason::kMaxHold;
  Millis valid_until = kForever;  // nobody else has it before
  Millis lost_at = kForever;      // then the holder is told, in time to stop its work
  Millis release_at = kForever;   // lost or left: then what has no end of its own is released

  // What the backend may have carried out since its last answer: extends, by their request.
  struct Asked {
    Millis ttl;
    Millis until;
  };
  std::map<uint64_t, Asked> asked;
  std::string renewal_failure;  // of the last renewal, "" if it went well

  std::vector<OpKey> release_ops;
  Status release_status = Status::kOk;  // what they will hear
  std::string release_message;
  Millis release_deadline = kForever;

  // Ends with the process: the backend of some part knows no ttl.
  bool never_expires() const;

  // Sets valid_until and lost_at after a part or hard_end has changed.
  void measure(Millis round_trip);

  // It ends where max_hold or a stall has set its end, but for what a backend keeps back: a renewal
  // gains nothing.
  bool is_final() const;

  // When to renew next, if the last renewal went well.
  Millis renewal_due() const;

  std::vector<Claim> claims() const;

  // An extend is sent: from now on nothing beyond what it asks for is believed. True: that is less
  // than before.
  bool ask(uint64_t request, Asked what);
  // It was confirmed, and with it all before it. What was asked later goes on to bound the lease.
  void confirm(uint64_t request);
  // What a grant to that request is worth.
  Millis believed(uint64_t request, Millis granted_until) const;
};

// Until when a lease of that ttl is believed at most, while no answer has said: a backend may keep
// back 1 % and a tick for clocks of another rate (the drift of Redlock).
Millis believed_until(Millis asked_at, Millis ttl);

// How long before its end a lease is given up: max(ttl/6, 4 round trips), so that the holder can
// stop its work; at most half the ttl, so that something is left to work in.
Millis abort_margin(Millis ttl, Millis round_trip);

// How long to wait after a renewal that failed: 500 ms, then each second; sooner with a short ttl.
Millis renewal_retry(Millis ttl, bool first_failure);

}  // namespace repolock::core
