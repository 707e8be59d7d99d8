// redis_service.h - the service behind all clients is a virtual Redis, and each client has the real
// backend of redis: what a seed does to them, and the truth for the oracle.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "redis/habits.h"
#include "redis/ledger.h"
#include "redis/machine.h"
#include "redis/redis_link.h"
#include "redis/wire_connection.h"
#include "service.h"
#include "world.h"

namespace repolock::sim {

// What the world is made of; a mutant has another of one.
struct RedisParts {
  std::vector<ServedScript> scripts = real_scripts();
  std::function<std::unique_ptr<WireConnection>(Run &, RedisService &, RedisLink &)> connection =
      [](Run &run, RedisService &service, RedisLink &link) {
        return std::make_unique<WireConnection>(run, service, link);
      };
};

class RedisService : public Service {
 public:
  RedisService(Run &run, const RedisParts &parts);

  // ---- for the clients ----
  std::unique_ptr<Link> connect(Run &run, Host &client) override;
  void add(RedisLink &link) { links_.push_back(&link); }
  void remove(RedisLink &link) { links_.remove(&link); }
  std::unique_ptr<WireConnection> make_connection(RedisLink &link);
  backend::redis::Settings settings() const;
  Millis answer_ms() const { return settings_.answer_ms; }

  // ---- for the wires ----
  const Habits &habits() const { return habits_; }
  const std::shared_ptr<Machine> &machine() const { return machine_; }
  void add(const std::shared_ptr<Wire> &wire);
  Reply execute(Session &session, const Words &words);

  // ---- Service ----
  void suffer(Run &run) override;
  void rest() override;
  void check_rest() override;
  void check_end() override;
  Millis end_of_lease(const std::string &repo, const std::string &lease_id) const override;
  bool was_taken_away(const std::string &repo, const std::string &lease_id) const override;
  bool was_forgotten(const std::string &repo, const std::string &lease_id) const override;
  bool was_refused(const std::string &repo, const std::string &lease_id) const override;
  bool keeps_time() const override { return machine_->keeps_time(); }
  Millis margin(Millis ttl) const override { return ttl / 100 + 2; }
  bool keeps_fences() const override { return keeps_fences_; }
  std::pair<std::string, std::string> any_holder(Random &random) const override;

 private:
  void restart();
  void break_one();

  Run &run_;
  const RedisParts &parts_;
  const Habits habits_;
  backend::redis::Settings settings_;
  const std::shared_ptr<Machine> machine_;
  Ledger ledger_;
  std::list<RedisLink *> links_;
  std::vector<std::weak_ptr<Wire>> wires_;
  std::set<Ledger::Lease> forgotten_, taken_away_;
  bool keeps_fences_ = true;
};

// A world with it. parts outlives all worlds.
Parts redis_world(const RedisParts &parts);

}  // namespace repolock::sim
