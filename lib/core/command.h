// command.h - what the engine wants done: the only way out of the core.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/backend.h"

namespace repolock::core {

using OpKey = uint64_t;     // chosen by the loop, never used twice
using LeaseKey = uint64_t;  // chosen by the engine, never used twice

// A lease as it was granted, for the handle that the caller gets.
struct Granted {
  LeaseKey key = 0;
  std::string id;
  std::vector<std::string> repos;    // in the order of the request
  std::vector<uint64_t> fences;      // likewise
  std::vector<int32_t> inherit_fds;  // likewise; -1: none
  Previous previous = Previous::kNone;
  Millis ttl = 0;
  Millis valid_until = 0;
  Millis lost_at = 0;
};

// The result of an operation; each op gets exactly one.
struct Complete {
  OpKey op = 0;
  Status status = Status::kInternal;
  std::string message;
  std::optional<Rows> rows;
  std::optional<Granted> granted;
  bool waited = false;  // it was not granted at once
  Millis took = 0;
};

struct Submit {
  BackendRequest request;
};

// Nobody waits for that acquire any more.
struct Withdraw {
  uint64_t request = 0;
};

struct Waiting {
  OpKey op = 0;
  std::string message;
  Rows rows;
};

// The lease is good for longer, or ends sooner, than was said before.
struct Extended {
  LeaseKey lease = 0;
  Millis valid_until = 0;
  Millis lost_at = 0;
};

struct Lost {
  LeaseKey lease = 0;
  Status status = Status::kLost;
  LossReason reason = LossReason::kExpired;
  std::string repo;
  std::string message;
  Millis valid_until = 0;  // until then nobody else has it: time to stop the work
};

// The lease was held for so long; nothing more will be said of it.
struct Ended {
  LeaseKey lease = 0;
  Millis held = 0;
};

struct LogLine {
  int32_t level = 0;
  std::string message;
  std::vector<std::pair<std::string, std::string>> fields;  // "event" first
};

using Command = std::variant<Submit, Withdraw, Complete, Waiting, Extended, Lost, Ended, LogLine>;

enum LogLevel : int32_t {
  kLogError = 1,
  kLogWarn = 2,
  kLogInfo = 3,
  kLogDebug = 4
};

const char *loss_reason_name(LossReason reason);

}  // namespace repolock::core
