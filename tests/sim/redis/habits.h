// habits.h - what a seed decides of a world with Redis: how the clients are set up, what their user
// may do at the servers, and what befalls these.
#pragma once

#include <string>
#include <vector>

#include "backend/redis/settings.h"
#include "random.h"
#include "traits.h"

namespace repolock::sim {

enum class Topology {
  kOneServer,
  kQuorum  // of 1 to 5
};

// Of one server.
struct ServerHabits {
  bool denies_publish = false;
  bool denies_subscribe = false;
  bool clock_is_wild = false;  // its steps are larger than lock_delay
  int64_t clock_rate_ppm = 0;  // faster than real time
  Millis clock_ahead = 0;      // of the first server's, at the start
};

struct Habits {
  enum class Restart {
    kNever,
    kKeeps,      // its data, all of them
    kForgets,    // all of them
    kGoesBack,   // to what they were some time before
    kAnyOfThese  // one way, then another
  };

  std::vector<ServerHabits> servers;
  std::string quorum = "0";  // redis.quorum
  Millis lock_delay = 1000;
  backend::redis::RestartGuard guard = backend::redis::RestartGuard::kAuto;
  bool has_durable_writes = false;

  Restart restart = Restart::kNever;
  // Per cent.
  uint64_t cut = 0;      // of the commands, that lose their connection
  uint64_t slow = 0;     // of the ways there and back
  uint64_t twice = 0;    // of the commands, that a proxy sends again, soon or late
  uint64_t unheard = 0;  // of the messages
  uint64_t restarts = 0;
  uint64_t stops = 0;
  uint64_t steps = 0;
  uint64_t flushes = 0;  // of its scripts
  uint64_t breaks = 0;   // of a lease, by somebody at the server
  uint64_t walls = 0;    // between some clients and some servers
};

// Of the core's own traits: what is left to the program, the process and the network.
Traits draw_redis_traits(Topology topology, Random &random);
Habits draw_habits(Topology topology, const Traits &traits, Random &random);

}  // namespace repolock::sim
