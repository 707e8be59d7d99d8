// lock_service.h - the one server behind all clients: who holds each name, who waits, on real time.
//
// It is small enough to be believed, and does what plugin.h asks of a backend. What a mutant does
// wrong it overrides.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/backend.h"
#include "schedule.h"
#include "service.h"
#include "traits.h"

namespace repolock::sim {

class LockService : public Service {
 public:
  // One lease of one name, from its asking to its end.
  struct Place {
    std::string lease_id;
    Subscriber *from = nullptr;
    uint64_t request = 0;
    bool shared = false;
    bool patient = true;
    Millis ttl = 0;
    Millis deadline = kForever;  // it waits no longer
    Millis end = kForever;       // it holds no longer
    uint64_t fence = 0;
    size_t told_place = 0;
  };
  using Places = std::list<Place>;

  LockService(Schedule &schedule, const Traits &traits) : schedule_(schedule), traits_(traits) {}
  ~LockService() override = default;

  std::unique_ptr<Link> connect(Run &run, Host &client) override;

  void subscribe(Subscriber &subscriber) { subscribers_.push_back(&subscriber); }
  // It waits no longer, and is told of nothing. Its process is gone, or has closed the backend.
  void unsubscribe(Subscriber &subscriber);

  // All times in it are real.
  void execute(Subscriber &from, const core::BackendRequest &request);
  void cancel(const Subscriber &from, uint64_t request);

  // What nobody asked for.
  void suffer(Run &run) override;
  void take_away(const std::string &repo, const std::string &lease_id, core::LossReason reason);
  void lose_data(const std::string &repo);

  // ---- the truth, for the oracle ----
  Millis end_of_lease(const std::string &repo, const std::string &lease_id) const override;
  bool was_taken_away(const std::string &repo, const std::string &lease_id) const override {
    return taken_away_.count({repo, lease_id}) != 0;
  }
  std::pair<std::string, std::string> any_holder(Random &random) const override;
  bool knows(const Subscriber &subscriber) const;

 protected:
  struct Name {
    std::string repo;
    Places holders, queue;
    uint64_t fence = 0;
    core::Previous previous = core::Previous::kNone;
    Millis look_at = kForever;  // when it settles by itself
  };

  virtual bool admits(const Name &name, const Place &place) const;
  virtual uint64_t next_fence(const Name &name, const Place &place) const;
  virtual Millis end_of(const Place &place) const;
  virtual core::Grant extend(Name &name, const core::Claim &claim);
  virtual core::Grant release(Name &name, const core::Claim &claim);
  virtual void settle(Name &name);

  Millis now() const { return schedule_.now(); }
  Name &name(const std::string &repo);
  core::Grant lost(const Name &name, const std::string &lease_id) const;
  static Place *find(Places &places, const std::string &lease_id);
  core::Rows rows(const Name &name) const;

 private:
  void acquire(Subscriber &from, const core::BackendRequest &request);
  core::BackendAnswer answer_to(const core::BackendRequest &request);
  void grant(Name &name);
  void end(Name &name, Places::iterator holder, core::Previous previous);
  void free_for_others(const Name &name);
  void look_again(Name &name);

  Schedule &schedule_;
  const Traits &traits_;
  std::vector<Subscriber *> subscribers_;  // in the order of their coming
  std::map<std::string, Name> names_;
  std::map<std::pair<std::string, std::string>, core::LossReason> taken_away_;
};

}  // namespace repolock::sim
