// lease.h - a lease of one name, from the moment it is asked for.
#pragma once

#include <repolock/plugin.h>

#include <cstdint>
#include <memory>
#include <string>

#include "backend/host/host.h"
#include "backend/redis/reply.h"

namespace repolock::backend::redis {

// One round of a lease. Replies that come late still know it.
struct Lease {
  std::string repo;
  std::string id;
  int64_t att = 0;  // never used twice by a client
  bool shared = false;
  int64_t ttl_ms = 0;
  std::string owner;  // its record
  uint64_t fence = 0;
  int32_t previous = REPOLOCK_PREVIOUS_NONE;
  int64_t since = 0;     // granted, by the server's clock
  int64_t until_ms = 0;  // believed until then

  std::string id_and_att() const { return id + ':' + std::to_string(att); }
};

// An acquire that is not answered yet.
struct Attempt {
  enum class Phase {
    kAsking,
    kQueued,
    kConfirming  // it was handed over
  };

  Attempt(Host &host, uint64_t request, repolock_post_cb on_timer, class Client &client)
      : client(client), request(request), timer(host, on_timer, this) {}

  class Client &client;
  const uint64_t request;
  std::shared_ptr<Lease> lease;
  bool wait = false;
  int64_t deadline_ms = INT64_MAX;
  int64_t began_ms = 0;

  Phase phase = Phase::kAsking;
  bool is_asking = false;  // an ACQ is under way
  int late_tries = 0;      // that came past their deadline: the server's clock moved
  int64_t place = 0;       // in the queue; 0 unknown
  std::string holder;      // as the server told of it
  std::string reader;      // likewise, of shared holders: the record of the one that lasts longest
  int64_t holder_fence = -1;
  int64_t holder_left = 0;
  int64_t told_ms = 0;  // by the server's clock, when it said so
  Timer timer;          // its deadline, or when to ask again
};

}  // namespace repolock::backend::redis
