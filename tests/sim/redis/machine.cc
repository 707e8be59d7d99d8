#include "redis/machine.h"

#include <algorithm>

namespace repolock::sim {

namespace {

constexpr int64_t kFirstUs = 1'790'000'000'000'000;  // wall clock

}  // namespace

Machine::Machine(Run &run, const Habits &habits, size_t number, Lua &lua,
                 const std::vector<ServedScript> &scripts)
    : run_(run),
      habits_(habits),
      its_(habits.servers[number - 1]),
      name_("redis-" + std::to_string(number)),
      server_(lua, scripts),
      began_(run.now()),
      base_us_(kFirstUs + its_.clock_ahead * 1000) {
  server_.denies_publish = its_.denies_publish;
  server_.denies_subscribe = its_.denies_subscribe;
  begin_run();
  turn_clock();
}

void Machine::begin_run() {
  server_.run_id = name_ + "-run-" + std::to_string(++runs_);
}

// ---- The clock ----

int64_t Machine::clock_us(Millis real) const {
  const int64_t passed = real - began_;
  return base_us_ + offset_us_ + passed * 1000 + passed * its_.clock_rate_ppm / 1000;
}

void Machine::turn_clock() {
  server_.data.set_clock(clock_us(run_.now()));
}

Millis Machine::in_real_time(int64_t server_ms) const {
  constexpr int64_t kMillion = 1'000'000;
  const int64_t passed_us = server_ms * 1000 - base_us_ - offset_us_;
  return began_ + passed_us * 1000 / (kMillion + its_.clock_rate_ppm);
}

// All that exclusion asks is that the steps of one lease are not more than lock_delay together.
void Machine::step_clock(Millis by) {
  const int64_t step = by * 1000;
  least_offset_us_ = std::min(least_offset_us_, offset_us_ + step);
  most_offset_us_ = std::max(most_offset_us_, offset_us_ + step);
  const bool is_borne = most_offset_us_ - least_offset_us_ <= habits_.lock_delay * 1000;
  offset_us_ += step;
  turn_clock();
  run_.trace.line(run_.now(), name_, "clock steps by", by);
  if (is_borne) return;
  least_offset_us_ = most_offset_us_ = offset_us_;
  // What was written before, or waits for a guard that was asked before, ends by then.
  untimed_until_ = run_.now() + 3 * (kLongestTtl + habits_.lock_delay);
}

void Machine::step_clock_somehow() {
  Random &random = run_.random;
  if (its_.clock_is_wild) {
    const Millis size = random.up_to(random.of<Millis>({3'000, 60'000}));
    return step_clock(random.one_in(2) ? size : -size);
  }
  // Anywhere within a window of lock_delay.
  const int64_t window = habits_.lock_delay * 1000;
  const int64_t lowest = most_offset_us_ - window, highest = least_offset_us_ + window;
  step_clock((lowest - offset_us_) / 1000 + random.up_to((highest - lowest) / 1000));
}

// ---- Stops and starts ----

void Machine::stop(Millis length) {
  run_.trace.line(run_.now(), name_, "stops for", length);
  stopped_until_ = std::max(stopped_until_, run_.now() + length);
}

Machine::Fate Machine::restart(Millis length) {
  using Restart = Habits::Restart;
  Restart how = habits_.restart;
  if (how == Restart::kAnyOfThese)
    how = run_.random.of({Restart::kKeeps, Restart::kForgets, Restart::kGoesBack});
  const Fate fate = how == Restart::kKeeps     ? Fate::kKept
                    : how == Restart::kForgets ? Fate::kLost
                                               : Fate::kOlder;
  static constexpr const char *kWords[] = {"keeps its data", "has lost its data",
                                           "goes back to older data"};
  run_.trace.line(run_.now(), name_, "restarts, is away for", length, "and",
                  kWords[static_cast<int>(fate)]);
  down_until_ = run_.now() + length;
  stopped_until_ = 0;
  begin_run();
  server_.forget_scripts();
  if (fate == Fate::kLost) server_.data.clear();
  if (fate == Fate::kOlder) server_.data = snapshot_;
  turn_clock();
  return fate;
}

void Machine::rest() {
  down_until_ = std::min(down_until_, run_.now());
  stopped_until_ = std::min(stopped_until_, run_.now());
}

}  // namespace repolock::sim
