// world.h - one run, from its seed: trouble, then peace in which everybody gets what he waits for
// (I12), then the end, which leaves nothing (I14).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "client.h"
#include "lock_service.h"
#include "oracle/oracle.h"
#include "run.h"
#include "user.h"

namespace repolock::sim {

// What the world is made of; a mutant has another of one.
struct Parts {
  Run::DrawTraits traits = draw_traits;
  std::function<std::unique_ptr<Service>(Run &)> service =
      [](Run &run) -> std::unique_ptr<Service> {
    return std::make_unique<LockService>(run.schedule, run.traits);
  };
  std::function<std::unique_ptr<Client>(Run &, ClientId)> client = [](Run &run, ClientId id) {
    return std::make_unique<Client>(run, id);
  };
};

class World {
 public:
  World(uint64_t seed, const Parts &parts, bool trace);

  // Throws a Violation.
  void live();

  uint64_t events() const { return run_.events; }
  double hours() const { return static_cast<double>(run_.now()) / 3'600'000; }

 private:
  struct Slot {
    explicit Slot(Run &run) : user(run) {}
    User user;
    Client *client = nullptr;
  };

  void trouble();
  void peace();
  void end();

  void open(Slot &slot);
  void act(Slot &slot);
  void suffer();
  void go_away(Millis length);
  void let_go(Slot &slot);
  void run_until(Millis end);
  bool anybody_waits() const;
  std::string who_waits() const;
  size_t granted() const;

  Run run_;
  Oracle oracle_;
  const Parts parts_;
  std::unique_ptr<Service> service_;
  std::vector<std::unique_ptr<Client>> clients_;  // all that ever were
  std::vector<Slot> slots_;
  int acts_left_ = 0;
};

}  // namespace repolock::sim
