// request.h - a request that is not answered yet: an acquire on its way, or a break.
#pragma once

#include <repolock/plugin.h>

#include <cstdint>
#include <string>

#include "backend/file/descriptor.h"
#include "backend/file/layout.h"
#include "backend/host/host.h"

namespace repolock::backend::file {

class Client;

// What stands in the way where nobody holds the lock.
inline constexpr char kBusySection[] = "some process is inside this queue and does not come out";
inline constexpr char kRemedy[] =
    "; if it was stopped, continue or kill it (fuser tells who has the file open)";

struct Request {
  Request(Client &client, Host &host, const repolock_backend_request_t &sent,
          repolock_post_cb on_timer);

  // It has its ticket.
  bool is_in_queue() const { return entry.ticket != 0; }
  bool is_break() const { return kind == REPOLOCK_REQUEST_BREAK; }

  Client &client;
  const uint64_t id;
  const int32_t kind;
  const std::string repo;
  const std::string lease_id;
  const bool shared;
  const bool wait;
  const int64_t deadline_ms;
  const int64_t started_ms;
  std::string boot_id;

  Entry entry{};     // acquire: as it will be, or is, in the file
  Descriptor file;   // from its first try to enter on
  Ticket slot = 0;   // in the queue: where its entry is
  Ticket first = 0;  // in the queue: all before that were over when it came
  int tries = 0;     // to enter the section
  bool was_in_queue = false;
  bool was_told = false;
  int64_t told_place = 0;
  Ticket told_holder = 0;
  Timer timer;  // the next try, or the deadline
};

// Claim i, whose sender may know longer claims than we do.
const repolock_claim_t &claim_at(const repolock_backend_request_t &sent, size_t i);

}  // namespace repolock::backend::file
