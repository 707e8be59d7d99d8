// attempt.h - an acquire that is not answered yet, and how each server stands to it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backend/host/host.h"
#include "backend/redis/lease.h"
#include "backend/redis/quorum.h"

namespace repolock::backend::redis {

class Client;

struct Attempt {
  enum class Phase {
    kTrying,     // all servers at once
    kQueued,     // it stands in the queue of its gate, and nowhere else
    kGathering,  // first at its gate: it keeps what it has, and asks the rest again
    kWriting     // they granted different fences: the highest one is written back
  };

  // At one server.
  struct Part {
    Vote vote;
    bool is_asking = false;   // an ACQ is under way
    int64_t keeping_att = 0;  // of a HOLD that is under way
    int64_t kept_att = 0;     // of the last HOLD: once one was sent nothing is put back
    uint64_t granted = 0;     // by its ACQ
    std::string found = "-";  // F as that found it
    Fault failure;            // instead of an answer
    std::string refused;      // who has it, in words
    int late_tries = 0;       // that came past their deadline: the server's clock moved
  };

  Attempt(Host &host, uint64_t request, size_t servers, repolock_post_cb on_timer, Client &client)
      : client(client), request(request), parts(servers), timer(host, on_timer, this) {}

  std::vector<Vote> votes() const {
    std::vector<Vote> votes;
    for (const Part &part : parts) votes.push_back(part.vote);
    return votes;
  }

  Client &client;
  const uint64_t request;
  LeasePtr lease;
  bool wait = false;
  int64_t deadline_ms = INT64_MAX;
  int64_t began_ms = 0;

  Phase phase = Phase::kTrying;
  size_t gate = 0;  // whose queue counts
  std::vector<Part> parts;
  int64_t clock_hint = 0;  // of this round
  uint64_t seen = 0;       // a fence that the next one must be above of
  int retries = 0;         // while it gathers
  int64_t writes_at = 0;   // whoever has not answered by then is not waited for; 0: no need to

  int64_t place = 0;   // in the queue; 0 unknown
  std::string holder;  // as the gate told of it, or who was heard of first
  std::string reader;  // likewise, of shared holders: the record of the one that lasts longest
  int64_t holder_fence = -1;
  int64_t holder_left = 0;
  int64_t told_ms = 0;  // by the server's clock, when it said so
  Timer timer;          // its deadline, or when to ask again
};

}  // namespace repolock::backend::redis
