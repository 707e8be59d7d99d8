// redis_service.h - the service behind all clients is one virtual Redis, or a quorum of them, and each
// client has the real backend of redis: what a seed does to them, and the truth for the oracle.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "redis/habits.h"
#include "redis/instance.h"
#include "redis/redis_link.h"
#include "redis/walls.h"
#include "redis/wire_connection.h"
#include "service.h"
#include "world.h"

namespace repolock::sim {

// What the world is made of; a mutant has another of one.
struct RedisParts {
  Topology topology = Topology::kOneServer;
  std::vector<ServedScript> scripts = real_scripts();
  std::function<std::unique_ptr<WireConnection>(Run &, RedisService &, RedisLink &,
                                                std::shared_ptr<Instance>)>
      connection =
          [](Run &run, RedisService &service, RedisLink &link, std::shared_ptr<Instance> server) {
            return std::make_unique<WireConnection>(run, service, link, std::move(server));
          };
  // What the clients do otherwise than they were told to.
  std::function<void(backend::redis::Settings *)> change = [](backend::redis::Settings *) {};
};

class RedisService : public Service {
 public:
  RedisService(Run &run, const RedisParts &parts);

  // ---- for the clients ----
  std::unique_ptr<Link> connect(Run &run, Host &client) override;
  void add(RedisLink &link) { links_.push_back(&link); }
  void remove(RedisLink &link) { links_.remove(&link); }
  std::unique_ptr<WireConnection> make_connection(RedisLink &link,
                                                  const backend::redis::Endpoint &server);
  const backend::redis::Settings &settings() const { return settings_; }
  Millis answer_ms() const { return settings_.answer_ms; }

  // ---- for the wires ----
  const Habits &habits() const { return habits_; }
  const Walls &walls() const { return walls_; }

  // ---- Service ----
  void suffer(Run &run) override;
  void rest() override;
  void check_rest() override;
  void check_end() override;
  Millis end_of_lease(const std::string &repo, const std::string &lease_id) const override;
  bool was_taken_away(const std::string &repo, const std::string &lease_id) const override;
  bool was_refused(const std::string &repo, const std::string &lease_id) const override;
  bool keeps_time() const override;
  bool keeps_fences() const override;
  std::pair<std::string, std::string> any_holder(Random &random) const override;

 private:
  using Servers = std::vector<std::shared_ptr<Instance>>;
  Servers some_of_them() const;
  void build_wall();
  void restart_some();
  template <class Lies>
  bool are_too_many(Lies lies) const;

  Run &run_;
  const RedisParts &parts_;
  const Habits habits_;
  Servers servers_;
  backend::redis::Settings settings_;
  size_t quorum_;
  Walls walls_;
  std::list<RedisLink *> links_;
};

// A world with it. parts outlives all worlds.
Parts redis_world(const RedisParts &parts);

}  // namespace repolock::sim
