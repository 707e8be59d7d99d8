// engine_driver.h - the pure engine under a clock that the test turns: events in, commands read back.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/engine.h"

namespace repolock::test {

using core::BackendAnswer;
using core::BackendRequest;
using core::Grant;
using core::LossReason;
using core::Millis;
using core::Status;
using core::Verb;

class EngineDriver {
 public:
  static constexpr uint64_t kEverything = core::kCanShare | core::kCanSeveral | core::kCanInspect |
                                          core::kCanList | core::kCanBreak | core::kCanWait;

  explicit EngineDriver(uint64_t capabilities = kEverything, Millis heartbeat = core::kForever)
      : engine(settings(capabilities, heartbeat), [this] { return ++random_; }) {}

  static core::Plan plan(const std::string &repo, Millis ttl = 30000, Millis wait = 60000) {
    core::Plan plan;
    plan.repos = {repo};
    plan.asked_order = {0};
    plan.ttl = ttl;
    plan.wait = wait;
    plan.holder = "job";
    return plan;
  }

  // Reads what the engine wants done since the last call.
  void pump() {
    for (core::Command &command : engine.take_commands()) {
      if (auto *submit = std::get_if<core::Submit>(&command)) requests.push_back(submit->request);
      if (auto *withdraw = std::get_if<core::Withdraw>(&command))
        withdrawn.push_back(withdraw->request);
      if (auto *done = std::get_if<core::Complete>(&command)) {
        ++completions[done->op];
        done_.insert_or_assign(done->op, *done);
      }
      if (auto *waiting = std::get_if<core::Waiting>(&command)) news.push_back(*waiting);
      if (auto *lost = std::get_if<core::Lost>(&command)) losses.push_back(*lost);
      if (auto *extended = std::get_if<core::Extended>(&command)) extensions.push_back(*extended);
    }
  }

  // Time goes by; the engine is woken at each of its deadlines on the way.
  void advance(Millis by) {
    const Millis end = now + by;
    while (engine.next_deadline() <= end) {
      now = std::max(now, engine.next_deadline());
      engine.tick(now);
      pump();
    }
    now = end;
  }

  // Time goes by and nobody wakes the engine: the machine slept, or the process was stopped.
  void pause(Millis by) { now += by; }

  void acquire(core::OpKey op, core::Plan plan) {
    engine.acquire(op, std::move(plan), now);
    pump();
  }

  const BackendRequest &last() const { return requests.back(); }
  size_t count(Verb verb) const {
    size_t all = 0;
    for (const BackendRequest &request : requests) all += request.verb == verb;
    return all;
  }

  void answer(const BackendRequest &request, Status status, Millis valid_until = -1,
              LossReason reason = LossReason::kExpired) {
    BackendAnswer answer;
    answer.status = Status::kOk;
    for (const core::Claim &claim : request.claims) {
      Grant grant;
      grant.status = status;
      grant.reason = reason;
      grant.fence = ++fence_;
      grant.valid_until = valid_until >= 0 ? valid_until : now + claim.ttl;
      answer.grants.push_back(grant);
    }
    engine.answer(request.id, answer, now);
    pump();
  }
  void answer_last(Status status, Millis valid_until = -1) {
    const BackendRequest request = last();
    answer(request, status, valid_until);
  }

  // Acquires and grants: the usual beginning.
  core::LeaseKey hold(core::OpKey op, core::Plan plan, Millis valid_until = -1) {
    acquire(op, std::move(plan));
    answer_last(Status::kOk, valid_until);
    return done_.at(op).granted->key;
  }

  void release(core::OpKey op, core::LeaseKey lease) {
    engine.release(op, lease, now);
    pump();
  }

  bool complete(core::OpKey op) const { return done_.count(op) != 0; }
  Status status(core::OpKey op) const {
    return complete(op) ? done_.at(op).status : Status::kPending;
  }
  const core::Complete &result(core::OpKey op) const { return done_.at(op); }

  core::Engine engine;
  Millis now = 1000000;
  std::vector<BackendRequest> requests;
  std::vector<uint64_t> withdrawn;
  std::vector<core::Waiting> news;
  std::vector<core::Lost> losses;
  std::vector<core::Extended> extensions;
  std::map<core::OpKey, int> completions;

 private:
  static core::Settings settings(uint64_t capabilities, Millis heartbeat) {
    core::Settings settings;
    settings.capabilities = capabilities;
    settings.heartbeat = heartbeat;
    return settings;
  }

  uint64_t random_ = 0;
  uint64_t fence_ = 0;
  std::map<core::OpKey, core::Complete> done_;
};

}  // namespace repolock::test
