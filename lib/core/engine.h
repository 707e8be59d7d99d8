// engine.h - the lock itself, for one client: events in, commands out, time as an argument.
//
// Every public call is an event at the moment `now`, which never goes back. What is to be done
// about it is left in take_commands(), in order. tick() must be called at next_deadline() or later:
// late is safe, as each event first gives up what has run out by then (nothing is renewed, granted
// or called held after a pause before the clock was looked at).
//
// One engine is used by one thread. It is split by subject: engine.cc (dispatch, time),
// acquiring.cc, renewing.cc, ending.cc (loss, release), asking.cc (inspect, break, diagnose) and
// closing.cc (shutdown).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/acquisition.h"
#include "core/backend.h"
#include "core/command.h"
#include "core/deadlines.h"
#include "core/lease.h"
#include "core/request.h"

namespace repolock::core {

struct Settings {
  Millis node_timeout = 2000;      // for one answer of the backend
  Millis release_timeout = 2000;   // a release that is not answered by then is unknown
  Millis connect_timeout = 10000;  // for the first answer ever, also where the wait has no end
  Millis heartbeat = kForever;     // the silence that ends all renewal
  uint64_t capabilities = 0;
};

class Engine {
 public:
  using Random = std::function<uint64_t()>;

  Engine(Settings settings, Random random);

  // ---- what callers want ----
  void acquire(OpKey op, Plan plan, Millis now);
  void cancel(OpKey op, Millis now);
  void extend(OpKey op, LeaseKey lease, Millis ttl, Millis now);
  void release(OpKey op, LeaseKey lease, Millis now);           // op 0: nobody wants to know
  void forget(LeaseKey lease, Millis now);                      // its handle was freed
  void inherited(LeaseKey lease, Millis now);                   // its descriptors were handed out
  void inspect(OpKey op, const std::string &repo, Millis now);  // "": all
  void diagnose(OpKey op, Millis now);
  void break_lease(OpKey op, const std::string &repo, const std::string &lease_id, Millis now);
  void heartbeat(Millis now);
  void shutdown(OpKey op, Millis timeout, Millis now);
  void abandon(Millis now);  // the client was freed

  // ---- what the backend says ----
  void answer(uint64_t request, BackendAnswer answer, Millis now);
  void waiting(uint64_t request, Rows rows, Millis now);
  void wake(const std::string &repo, Millis now);
  void revoked(const std::string &repo, const std::string &lease_id, LossReason reason,
               const std::string &message, Millis now);

  // ---- time ----
  // A getter has already told that this lease is lost.
  void noticed_lost(LeaseKey lease, Millis now);
  void tick(Millis now);
  Millis next_deadline() const;

  std::vector<Command> take_commands();

  // Shut down or abandoned, and everybody was told.
  bool closed() const { return closing_ == Closing::kClosed; }
  // Closed, and nothing is left that only this process can end.
  bool idle(Millis now) const;

  // Calls tell with the id of each acquire that the backend has not answered.
  template <class Tell>
  void each_acquire(Tell tell) const {
    for (const auto &[id, sent] : sent_)
      if (sent.verb == Verb::kAcquire) tell(id);
  }

  bool has_leases() const { return !leases_.empty(); }  // in whatever state
  size_t held() const;
  size_t waiters() const { return acquisitions_.size(); }

 private:
  // What a request was sent for.
  struct Sent {
    enum class For {
      kAcquire,
      kAbandoned,
      kRenewal,
      kExtend,
      kRelease,
      kQuery,
      kCleanup,
      kRepeat  // not sent yet: a clean-up that failed, and comes again
    };
    For purpose = For::kCleanup;
    OpKey op = 0;
    std::vector<LeaseKey> leases;  // renewal: of each claim; extend, release: the one
    std::vector<Claim> claims;     // acquire: to release what came too late; release: to repeat it
    uint32_t tries = 0;            // clean-up: that have failed
    Millis ttl = 0;                // extend: what is wanted
    Verb verb = Verb::kAcquire;
    Millis at = 0;
    Millis deadline = kForever;
  };
  enum class Closing {
    kOpen,
    kDraining,
    kClosed
  };
  struct Wake {  // key of a deadline
    enum class What {
      kAcquisition,
      kLease,
      kRequest,
      kHeartbeat,
      kClosing
    };
    What what;
    uint64_t key;
    bool operator<(const Wake &other) const {
      return what != other.what ? what < other.what : key < other.key;
    }
  };

  // engine.cc
  void begin(Millis now);
  void run_due();
  bool can(uint64_t capability) const { return (settings_.capabilities & capability) != 0; }
  uint64_t submit(BackendRequest request, Sent sent);
  void emit(Command command) { commands_.push_back(std::move(command)); }
  void complete(OpKey op, Status status, std::string message, std::optional<Rows> rows = {});
  void log(LogLevel level, const char *event, std::string message, const std::string &repo = "");
  std::string new_lease_id();
  void request_due(uint64_t id);
  void answered_usefully(const BackendAnswer &answer);

  // acquiring.cc
  void ask(Acquisition &acquisition);
  void arm(const Acquisition &acquisition);
  void acquire_answered(Acquisition &acquisition, BackendAnswer answer);
  void gained(Acquisition &acquisition, const Grant &grant);
  void granted(Acquisition &acquisition, Lease &lease);
  void retry(Acquisition &acquisition);
  void start_again(Acquisition &acquisition);
  void acquisition_due(Acquisition &acquisition);
  void wait_is_over(Acquisition &acquisition);
  void fail(Acquisition &acquisition, Status status, std::string message);
  void give_back(Acquisition &acquisition);
  void grow_older(Acquisition &acquisition);
  void abandon_request(Acquisition &acquisition);
  void abandoned_answered(const Sent &sent, const BackendAnswer &answer);
  void clean_up(std::vector<Claim> claims, Previous ended);
  void clean_up(std::vector<Claim> claims, uint32_t tries);
  void clean_up_later(const Sent &failed);
  const std::string &wanted(const Acquisition &acquisition) const;

  // renewing.cc
  void measure(Lease &lease);
  void arm(const Lease &lease);
  void lease_due(Lease &lease);
  void renew_due();
  void send_renewal(const std::vector<LeaseKey> &leases);
  void renewal_answered(uint64_t id, const Sent &sent, const BackendAnswer &answer);
  void extend_answered(uint64_t id, const Sent &sent, const BackendAnswer &answer);
  void extend_failed(Lease &lease, Millis ttl);
  void apply(Lease &lease, uint64_t id, const Grant *grants, size_t count);
  void renewal_failed(Lease &lease, std::string why);

  // ending.cc
  bool is_heartbeat_awaited() const;
  void stall();
  void lose(Lease &lease, LossReason reason, const std::string &repo, const std::string &message);
  void end_leftovers(Lease &lease);
  void release_answered(const Sent &sent, const BackendAnswer &answer);
  void released(Lease &lease, Status status, std::string message);
  void drop(Lease &lease);

  // asking.cc
  void query(OpKey op, Verb verb, std::vector<Claim> claims);
  void query_answered(const Sent &sent, BackendAnswer answer);

  // closing.cc
  void drain();
  void finish_closing();
  void lose_all_held();
  bool drained() const;

  Settings settings_;
  Random random_;
  Millis now_ = 0;
  std::vector<Command> commands_;
  Deadlines<Wake> deadlines_;
  Deadlines<LeaseKey> renewals_;

  uint64_t next_request_ = 1;
  std::map<uint64_t, Sent> sent_;
  std::map<OpKey, Acquisition> acquisitions_;
  LeaseKey next_lease_ = 1;
  std::map<LeaseKey, Lease> leases_;
  std::map<std::string, LeaseKey> lease_by_id_;

  bool ever_answered_ = false;
  Millis round_trip_ = 0;

  Closing closing_ = Closing::kOpen;
  std::vector<OpKey> closing_ops_;
  Millis closing_deadline_ = kForever;
  Millis linger_until_ = 0;
  Status closing_status_ = Status::kOk;
};

}  // namespace repolock::core
