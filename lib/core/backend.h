// backend.h - what the core says to a backend and hears from it; plugin.h is the same in C.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "core/row.h"
#include "core/status.h"
#include "core/time.h"

namespace repolock::core {

enum class Verb : int32_t {
  kAcquire = 1,
  kExtend = 2,
  kRelease = 3,
  kInspect = 4,
  kBreak = 5,
  kDiagnose = 6
};

// How the holder before ended.
enum class Previous : int32_t {
  kNone = 0,
  kReleased,
  kCrashed,
  kExpired,
  kBroken
};

enum class LossReason : int32_t {
  // what a backend tells
  kExpired = 1,
  kBroken = 2,
  kStolen = 3,
  kDataLost = 4,
  // what the core decides
  kMaxHold = 5,
  kStalled = 6,
  kShutdown = 7
};

struct Claim {
  std::string repo;
  std::string lease_id;
  bool shared = false;
  uint64_t fence = 0;
  Millis ttl = 0;
  Previous ended = Previous::kNone;  // release: as which it ended
  bool inherited = false;            // release: others may have copies of its descriptor
};

struct BackendRequest {
  uint64_t id = 0;
  Verb verb = Verb::kAcquire;
  std::vector<Claim> claims;
  std::string holder;  // acquire: the job, for whoever waits behind it
  bool wait = false;   // acquire: stand in the backend's queue
  Millis deadline = kForever;
};

// What became of one claim.
struct Grant {
  Status status = Status::kInternal;
  std::string message;
  LossReason reason = LossReason::kExpired;
  Previous previous = Previous::kNone;
  uint64_t fence = 0;
  Millis valid_until = 0;
  int32_t inherit_fd = -1;
};

struct BackendAnswer {
  Status status = Status::kInternal;
  std::string message;
  std::vector<Grant> grants;
  Rows rows;

  // Of a request with one claim.
  Status outcome() const {
    return status == Status::kOk && !grants.empty() ? grants.front().status : status;
  }
  // Of a release: nothing of it is held any more.
  bool is_released() const {
    return status == Status::kOk && std::ranges::all_of(grants, [](const Grant &grant) {
             return grant.status == Status::kOk || grant.status == Status::kLost;
           });
  }
};

// What a backend can do, numbered as in repolock.h and plugin.h.
enum Capability : uint64_t {
  kCanFifo = 1,
  kCanFence = 2,
  kCanFenceStrict = 4,
  kCanExcludeStrict = 8,
  kCanShare = 16,
  kCanSeveral = 32,
  kCanInspect = 64,
  kCanList = 128,
  kCanBreak = 256,
  kCanCrashRelease = 512,
  kCanWait = 1 << 16,
  kCanNeverExpire = 1 << 17
};

}  // namespace repolock::core
