// redis_link.h - the real backend of redis in a simulated process: the host's side of plugin.h on
// virtual time, and what the backend says, brought to the client.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "backend/host/host.h"
#include "backend/redis/client.h"
#include "run.h"
#include "service.h"

namespace repolock::sim {

class RedisService;

class RedisLink final : public Link {
 public:
  RedisLink(Run &run, RedisService &service, Host &client);
  ~RedisLink() override;

  void submit(const core::BackendRequest &request) override;
  void cancel(uint64_t request) override;
  void close() override;
  void clock_stepped() override;
  bool holds_anything() const override { return false; }

  // Throws where a request that must be answered soon was not.
  void check_answers() const;

  backend::Host &host() { return host_; }
  const std::string &client() const { return client_.name(); }
  // Calls the backend, or its connections, when the process runs; in the order of this.
  void hear(Schedule::Task task);

  std::set<std::string> told_of;  // for a mutant: grants, by lease id and att

 private:
  struct Table;  // the functions of plugin.h
  struct Timer {
    RedisLink *link;
    uint64_t id;
    repolock_post_cb callback;
    void *data;
    Millis at = kForever;
    uint64_t set = 0;  // so often
  };
  struct Asked {
    core::Verb verb;
    Millis at;
  };

  void enter(const Schedule::Task &task);
  void run_heard();
  void arm(Timer &timer);
  void fire(uint64_t timer, uint64_t set);
  void say(Schedule::Task task) { said_.push_back(std::move(task)); }
  void answered(uint64_t request, core::BackendAnswer answer);

  Run &run_;
  RedisService &service_;
  Host &client_;
  backend::Host host_;
  std::map<uint64_t, std::unique_ptr<Timer>> timers_;
  uint64_t last_timer_ = 0;
  std::deque<Schedule::Task> heard_, due_;  // what came; timers
  std::deque<Schedule::Task> said_;         // by the backend: for when it is not at work
  std::map<uint64_t, Asked> asked_;         // and not answered
  bool closed_ = false;
  bool is_at_work_ = false;  // the backend
  std::unique_ptr<backend::redis::Client> backend_;
};

}  // namespace repolock::sim
