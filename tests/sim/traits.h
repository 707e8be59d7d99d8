// traits.h - what a seed decides once for a whole run: the kind of backend, and what may go wrong.
#pragma once

#include <cstddef>
#include <cstdint>

#include "random.h"

namespace repolock::sim {

// Per cent, of what each says. Many are 0 in any one run, so that no trouble hides behind another.
struct Chances {
  // of the requests
  uint64_t lost = 0;       // on the way there
  uint64_t unheard = 0;    // answer or notice, on the way back
  uint64_t slow = 0;       // either way
  uint64_t refused = 0;    // not carried out, and the backend says so
  uint64_t uncertain = 0;  // carried out, and the backend cannot say so
  uint64_t twice = 0;      // answered
  uint64_t cut = 0;        // after its request the client's process is gone
  // of the timers of a client
  uint64_t late = 0;
  // of the troubles that come by themselves, one after another
  uint64_t pause = 0;
  uint64_t step_forward = 0;
  uint64_t step_back = 0;
  uint64_t outage = 0;
  uint64_t taken_away = 0;
  uint64_t data_lost = 0;
};

struct Traits {
  enum class Kind {
    kQueue,   // ttls, a queue of its own
    kPolled,  // ttls, the core asks again
    kFiles,   // leases end with the process; nothing is lost on the way
    kRedis    // the real backend of redis: in redis/
  };
  Kind kind = Kind::kQueue;
  uint64_t capabilities = 0;
  bool wakes = false;  // polled: tells that a name may be free
  size_t clients = 2;
  size_t names = 1;
  Millis node_timeout = 2000;
  Millis heartbeat = kForever;
  Millis shortest_ttl = 20;
  bool calm = false;  // nothing goes wrong at all
  Chances chances;
};

inline constexpr Millis kLongestTtl = 30'000;
inline constexpr Millis kLongestDelay = 40'000;  // of an answer
inline constexpr Millis kLongestSleep = 90'000;  // of a client; a step of its clock

Traits draw_traits(Random &random);

const char *kind_name(Traits::Kind kind);

}  // namespace repolock::sim
