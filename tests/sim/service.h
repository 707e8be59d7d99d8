// service.h - where the locks live, as its clients, the world and the oracle see it.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "core/backend.h"
#include "schedule.h"

namespace repolock::sim {

class Random;
struct Run;

// Who asks, and is answered.
class Subscriber {
 public:
  virtual ~Subscriber() = default;
  virtual void answer(uint64_t request, core::BackendAnswer answer) = 0;
  virtual void waiting(uint64_t request, core::Rows rows) = 0;
  virtual void wake(const std::string &repo) = 0;
  virtual void revoked(const std::string &repo, const std::string &lease_id,
                       core::LossReason reason) = 0;
};

// A client, as its end of the connection knows it. It may be told inside its own submit.
class Host : public Subscriber {
 public:
  // What its clock shows at that real time, if nothing happens to it.
  virtual Millis on_its_clock(Millis real) const = 0;
  virtual Millis in_real_time(Millis on_clock) const = 0;
  virtual bool is_submitting() const = 0;
  virtual const std::string &name() const = 0;
  // Now, or when its process goes on.
  virtual void when_it_runs(Schedule::Task task) = 0;
};

// A client's end of the connection.
class Link {
 public:
  virtual ~Link() = default;
  virtual void submit(const core::BackendRequest &request) = 0;
  virtual void cancel(uint64_t request) = 0;
  virtual void close() = 0;
  virtual void clock_stepped() {}  // the client's
  virtual bool holds_anything() const = 0;
};

class Service {
 public:
  virtual ~Service() = default;
  virtual std::unique_ptr<Link> connect(Run &run, Host &client) = 0;

  // ---- what happens to it ----
  virtual void suffer(Run &run) = 0;  // one trouble after another, each by its chance
  virtual void rest() {}              // peace begins
  virtual void check_rest() {}        // peace is over: throws where something is still owed
  virtual void check_end() {}         // all clients are gone for long: likewise, left over

  // ---- the truth, for the oracle ----
  // Until when, in real time, it has that lease if nobody renews it; 0: it has not.
  virtual Millis end_of_lease(const std::string &repo, const std::string &lease_id) const = 0;
  // Nothing is promised of it any more.
  virtual bool was_taken_away(const std::string &repo, const std::string &lease_id) const = 0;
  // It does not know that lease any more; but nobody else is to have the name while that is held.
  virtual bool was_forgotten(const std::string &, const std::string &) const { return false; }
  // The client was told that it has it no longer.
  virtual bool was_refused(const std::string &repo, const std::string &lease_id) const {
    return was_taken_away(repo, lease_id);
  }
  virtual bool keeps_time() const { return true; }    // its clock is as exclusion needs it
  virtual bool keeps_fences() const { return true; }  // it has never gone back
  // Some lease that holds now: its name and id; "" where there is none.
  virtual std::pair<std::string, std::string> any_holder(Random &random) const = 0;
};

}  // namespace repolock::sim
