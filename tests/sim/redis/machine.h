// machine.h - where the virtual server runs: its clock, its stops and starts, and what its data keep
// of them.
#pragma once

#include <functional>
#include <list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "redis/habits.h"
#include "redis/server.h"
#include "run.h"

namespace repolock::sim {

class Machine {
 public:
  // number: from 1 on.
  Machine(Run &run, const Habits &habits, size_t number, Lua &lua,
          const std::vector<ServedScript> &scripts);

  const std::string &name() const { return name_; }
  const std::string &run_id() const { return server_.run_id; }

  Server &server() { return server_; }
  const Server &server() const { return server_; }
  // The server's clock now; after it no reply says otherwise.
  void turn_clock();
  // The first moment of real time at which its clock is past that; its clock's milliseconds.
  Millis in_real_time(int64_t server_ms) const;
  const Store &data() const { return server_.data; }

  bool is_down() const { return run_.now() < down_until_; }
  bool is_stopped() const { return run_.now() < stopped_until_; }
  Millis stopped_until() const { return stopped_until_; }

  // Its clock had steps that exclusion does not bear, not long ago.
  bool keeps_time() const { return run_.now() >= untimed_until_; }

  void step_clock(Millis by);
  void step_clock_somehow();
  void stop(Millis length);
  // What its data come to by a restart.
  enum class Fate {
    kKept,
    kLost,
    kOlder
  };
  Fate restart(Millis length);
  void keep_snapshot() { snapshot_ = server_.data; }
  void rest();  // its clock goes right from now on, and it runs

 private:
  void begin_run();
  int64_t clock_us(Millis real) const;

  Run &run_;
  const Habits &habits_;
  const ServerHabits &its_;
  const std::string name_;
  Server server_;
  const Millis began_;
  const int64_t base_us_;
  int64_t offset_us_ = 0;  // of all steps
  int64_t least_offset_us_ = 0, most_offset_us_ = 0;
  Millis down_until_ = 0;
  Millis stopped_until_ = 0;
  Millis untimed_until_ = 0;
  Store snapshot_;
  int runs_ = 0;
};

}  // namespace repolock::sim
