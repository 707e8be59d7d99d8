// quorum.h - what the answers of N servers add up to. Pure: no I/O, no clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace repolock::backend::redis {

// What one server said of one round of an attempt.
struct Vote {
  enum class Kind {
    kNone,     // it was not asked
    kAsked,    // its answer may still come
    kGranted,  // with that fence
    kRefused,  // somebody else has it
    kFailed    // no answer, or one that says nothing
  };

  Kind kind = Kind::kNone;
  uint64_t fence = 0;
  int64_t sent_ms = 0;  // when it was asked: the grant counts from there
};

struct Verdict {
  enum class Kind {
    kOpen,     // answers that are still to come may decide it
    kAgreed,   // a quorum carries that fence, since then
    kDiffers,  // a quorum granted it, with several fences, of which that is the highest: write it
               // back, and whoever confirms it carries it
    kRefused,  // no quorum is left, because of those that refused
    kUnavailable  // so many failed that no quorum is left
  };

  Kind kind = Kind::kOpen;
  uint64_t fence = 0;
  int64_t since_ms = 0;
};

// As soon as it is certain: success or failure.
Verdict verdict_of(std::span<const Vote> votes, size_t quorum);

}  // namespace repolock::backend::redis
