// faults.h - what goes wrong on demand: the text of memory.fault (memory.h), and its bookkeeping.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <vector>

namespace repolock::backend::memory {

// What a request meets.
struct Fate {
  enum class Kind {
    kNone,
    kDrop,
    kLoseReply,
    kDelay,
    kUnavailable
  };
  Kind kind = Kind::kNone;
  int64_t delay_ms = 0;
};

// One word of the text.
struct Fault {
  enum class Kind {
    kRequest,
    kExpire,
    kLose,
    kBreak,
    kClear
  };
  Kind kind = Kind::kRequest;
  // With kRequest: the requests that meet it.
  static constexpr int32_t kAnyVerb = 0;
  static constexpr int64_t kAllRequests = INT64_MAX;
  Fate fate;
  int32_t verb = kAnyVerb;  // REPOLOCK_REQUEST_*
  int64_t count = 1;
};

// False: error says which word is wrong, and what may stand there.
bool parse_faults(std::string_view text, std::vector<Fault> &faults, std::string &error);

// The faults that requests have yet to meet.
class Faults {
 public:
  void add(const Fault &fault) { waiting_.push_back(fault); }
  void clear() { waiting_.clear(); }
  // Of the next request of that verb (REPOLOCK_REQUEST_*).
  Fate next(int32_t verb);

 private:
  std::list<Fault> waiting_;
};

}  // namespace repolock::backend::memory
