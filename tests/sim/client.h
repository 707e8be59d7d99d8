// client.h - one client in one process: the real engine and the real handles, driven as lib/loop
// drives them (running.cc), on a clock of its own.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/engine.h"
#include "core/options.h"
#include "loop/lease.h"
#include "oracle/calls.h"
#include "run.h"
#include "service.h"

namespace repolock::sim {

using core::LeaseKey;
using core::OpKey;

class Client : public Host {
 public:
  Client(Run &run, ClientId id);
  ~Client() override = default;

  ClientId id() const { return id_; }
  const std::string &name() const override { return name_; }

  // ---- what its program calls ----
  OpKey acquire(const std::string &repo, const core::Request &request);
  void cancel(OpKey op);
  void drop(OpKey op);  // the handle of an op is freed
  void extend(LeaseKey lease, Millis ttl);
  void release(LeaseKey lease);
  void forget(LeaseKey lease);    // the handle of a lease is freed
  void hand_out(LeaseKey lease);  // its descriptor, to a child
  void look(LeaseKey lease);      // is it held?
  void inspect(const std::string &repo);
  void diagnose();
  void break_lease(const std::string &repo, const std::string &lease_id);
  void heartbeat();
  void shutdown(Millis timeout);
  void abandon();  // the handle of the client is freed

  std::vector<OpKey> acquiring() const;
  std::vector<LeaseKey> leases() const;  // whose handles the program has

  // ---- what happens to it ----
  virtual void pause(Millis length);
  void step_clock(Millis by);
  void crash();

  // Does it now, or when the process runs again.
  void when_it_runs(Schedule::Task task) override;

  bool runs() const { return !gone_ && run_.now() >= paused_until_; }
  bool closed() const { return engine_.closed(); }
  bool gone() const { return gone_; }  // crashed, or closed and idle
  bool drains_for_ever() const { return !closed() && closing_due_ == kForever; }

  // Host
  void answer(uint64_t request, core::BackendAnswer answer) override;
  void waiting(uint64_t request, core::Rows rows) override;
  void wake(const std::string &repo) override;
  void revoked(const std::string &repo, const std::string &lease_id,
               core::LossReason reason) override;
  Millis on_its_clock(Millis real) const override { return real + offset_; }
  Millis in_real_time(Millis on_clock) const override { return on_clock - offset_; }
  bool is_submitting() const override { return pumping_; }

 protected:
  using Handle = std::shared_ptr<loop::Lease>;
  using Event = std::function<void(core::Engine &, Millis)>;

  // Into the engine, or, while its commands are carried out, after them.
  void tell(const Event &event);

  Millis clock() const { return on_its_clock(run_.now()); }
  void shift_clock(Millis by);

  // What a mutant of the driver does otherwise.
  virtual bool says_held(loop::Lease &handle, bool *noticed);
  virtual void carry_out(core::Complete &command);
  virtual void carry_out(core::Lost &command);
  virtual void carry_out(core::Ended &command);
  virtual uint64_t random_number() { return run_.random.next(); }
  virtual Millis timer_lateness();

  Run &run() { return run_; }

 private:
  void carry_out(core::Submit &command);
  void carry_out(core::Withdraw &command) { link_->cancel(command.request); }
  void carry_out(core::Waiting &) {}
  void carry_out(core::Extended &command);
  void carry_out(core::LogLine &) {}

  // The engine's time: it does not go back.
  Millis latest() const { return std::max(seen_, clock()); }
  OpKey begin(Calls::Kind kind, Millis due);
  template <class... Words>
  void say(const Words &...words) const {
    run_.trace.line(run_.now(), name_, words...);
  }
  void call(OpKey op, core::Verb verb, const Event &event);
  void occur(const Event &event);
  void pump(std::vector<core::Command> commands);
  void finish_if_idle();
  void arm();

  Run &run_;
  const ClientId id_;
  const std::string name_;
  Millis offset_;
  Millis seen_ = 0;  // the latest time that the engine was told
  const std::unique_ptr<Link> link_;
  core::Engine engine_;
  core::Options options_;
  bool gone_ = false;

  OpKey next_op_ = 1;
  std::map<OpKey, core::Plan> plans_;  // of the acquisitions under way
  std::set<OpKey> dropped_;
  std::map<OpKey, LeaseKey> extending_;
  std::map<OpKey, Handle> releasing_;
  std::optional<Millis> closing_due_;
  std::map<LeaseKey, Handle> held_;     // as the driver knows them, until they have ended
  std::map<LeaseKey, Handle> handles_;  // as the program has them, until it frees them

  bool pumping_ = false;
  bool was_closed_ = false;  // before the event whose commands are carried out
  std::set<uint64_t> unanswered_;
  uint64_t asked_ = 0;  // the request that a call has just sent
  std::deque<Event> heard_;
  Millis paused_until_ = 0;
  std::vector<Schedule::Task> put_off_;
  uint64_t timer_ = 0;
  Millis armed_for_ = kForever;
};

}  // namespace repolock::sim
