// holds.h - what each client claims to hold, beside what the service knows and real time shows.
//
// A claim lasts from the grant until the lease is released, is lost, or its validity is over. Where
// somebody took the lease away at the service, or the holder's clock went back, nothing timed is
// asked of it.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/command.h"
#include "core/request.h"
#include "run.h"
#include "service.h"

namespace repolock::sim {

class Holds {
 public:
  explicit Holds(Run &run) : run_(run) {}

  void granted(ClientId client, const Host &host, const core::Granted &lease,
               const core::Plan &plan, Millis now);
  void extended(ClientId client, const core::Extended &news, Millis now);
  void lost(ClientId client, const core::Lost &news, Millis now);
  void ended(ClientId client, core::LeaseKey lease);

  // What the program did.
  void released(ClientId client, core::LeaseKey lease);
  void forgotten(ClientId client, core::LeaseKey lease, Millis now);
  void looked(ClientId client, core::LeaseKey lease, bool says_held);
  void handed_out(ClientId client, core::LeaseKey lease);
  void heartbeat(ClientId client, Millis now) { heard_from_[client] = now; }
  void extend_begins(ClientId client, core::LeaseKey lease, Millis ttl);
  void extend_ends(ClientId client, core::LeaseKey lease, bool ok);

  // Sent by the core: asked for by a call, or of its own accord.
  void release_sent(ClientId client, const core::BackendRequest &request, Millis now);
  void release_failed(ClientId client, uint64_t request);
  void extension_sent(ClientId client, const core::BackendRequest &request, bool asked, Millis now);

  void clock_went_back(ClientId client) { untimed_until_[client] = run_.now() + kUntimed; }
  void gone(ClientId client);

  // The engine of this client has looked at its clock.
  void time_passed(ClientId client, Millis now);
  // Whatever has happened.
  void check();
  bool any_of(ClientId client) const;

 private:
  static constexpr Millis kUntimed = 3 * kLongestTtl;

  struct Hold {
    const Host *host = nullptr;
    std::string id;
    std::vector<std::string> repos;
    core::Plan plan;
    Millis granted_at = 0;
    Millis valid_until = 0;  // on the client's clock, like lost_at
    Millis lost_at = 0;
    Millis measured_at = 0;  // when these two were told
    Millis shortest_ttl = 0;
    Millis agreed_ttl = 0;  // of the renewals to come; 0: not clear
    Millis asked_ttl = 0;
    int extends = 0;              // under way
    Millis silent_at = kForever;  // when the engine could see that its program says nothing
    bool lost = false;            // the program was told, by news or by a look
    bool told = false;            // by news
    bool released = false;        // by the program
    uint64_t let_go_by = 0;       // request that tells the backend
    Millis let_go_at = 0;         // when that was sent
    bool let_go_failed = false;   // and what it came to
    bool handed_out = false;
    bool forgotten = false;
    bool ended = false;  // for the engine
  };
  using Key = std::pair<ClientId, core::LeaseKey>;

  Hold *find(ClientId client, core::LeaseKey lease);
  Hold *find(ClientId client, const std::string &lease_id);
  bool is_timed(ClientId client) const;
  // The service is to have it for as long as that client believes.
  bool is_promised(const std::string &repo, const std::string &lease_id) const;
  static bool is_at_max_hold(const Hold &hold);
  bool was_refused(const Hold &hold, bool broken) const;
  Millis claimed_until(const Hold &hold) const;  // in real time
  bool is_claimed(const Hold &hold) const;
  void check_validity(const Hold &hold) const;
  void check_margin(const Hold &hold, const core::Lost &news, Millis now) const;
  std::string words(ClientId client, const Hold &hold) const;

  Run &run_;
  std::map<Key, Hold> holds_;
  std::map<ClientId, Millis> heard_from_;
  std::map<ClientId, Millis> untimed_until_;
};

}  // namespace repolock::sim
