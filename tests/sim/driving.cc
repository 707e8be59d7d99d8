// driving.cc - what the backend says goes into the engine, and the engine's commands are carried out:
// the same in small as lib/loop/running.cc.
#include <utility>

#include "client.h"
#include "core/status.h"
#include "oracle/oracle.h"

namespace repolock::sim {

using core::Engine;
using core::Status;
using core::Verb;

namespace {

const char *verb_name(Verb verb) {
  static constexpr const char *kNames[] = {"",        "acquire", "extend",  "release",
                                           "inspect", "break",   "diagnose"};
  return kNames[static_cast<int32_t>(verb)];
}

}  // namespace

// ---- What the backend says ----

void Client::answer(uint64_t request, core::BackendAnswer answer) {
  when_it_runs([this, request, answer = std::move(answer)] {
    say("request", request, "is answered", core::status_name(static_cast<int32_t>(answer.status)),
        answer.grants.empty()
            ? ""
            : core::status_name(static_cast<int32_t>(answer.grants.front().status)));
    tell([=, this](Engine &engine, Millis now) {
      unanswered_.erase(request);
      run_.oracle->requests.delivered(id_, request, answer, seen_);
      if (!answer.is_released()) run_.oracle->holds.release_failed(id_, request);
      engine.answer(request, answer, now);
    });
  });
}

void Client::waiting(uint64_t request, core::Rows rows) {
  when_it_runs([this, request, rows = std::move(rows)] {
    say("request", request, "waits");
    tell([=, this](Engine &engine, Millis now) {
      run_.oracle->requests.told_to_wait(id_, seen_);
      engine.waiting(request, rows, now);
    });
  });
}

void Client::wake(const std::string &repo) {
  when_it_runs(
      [this, repo] { tell([repo](Engine &engine, Millis now) { engine.wake(repo, now); }); });
}

void Client::revoked(const std::string &repo, const std::string &lease_id,
                     core::LossReason reason) {
  when_it_runs([this, repo, lease_id, reason] {
    say(repo, lease_id, "is revoked");
    tell([=](Engine &engine, Millis now) { engine.revoked(repo, lease_id, reason, "", now); });
  });
}

// ---- The engine, as in running.cc ----

void Client::tell(const Event &event) {
  if (pumping_) {
    heard_.push_back(event);
    return;
  }
  occur(event);
  pump(engine_.take_commands());
}

// The call's own request, if it sent one, is the last of its kind.
void Client::call(OpKey op, Verb verb, const Event &event) {
  occur(event);
  auto commands = engine_.take_commands();
  uint64_t request = 0;
  for (const core::Command &command : commands) {
    if (const auto *submit = std::get_if<core::Submit>(&command))
      if (submit->request.verb == verb) request = submit->request.id;
    if (const auto *done = std::get_if<core::Complete>(&command))
      if (done->op == op) {
        request = 0;
        break;
      }
  }
  if (request != 0) run_.oracle->calls.sent_as(id_, op, request);
  asked_ = request;
  pump(std::move(commands));
}

void Client::occur(const Event &event) {
  ++run_.events;
  was_closed_ = engine_.closed();
  seen_ = latest();
  event(engine_, clock());
}

void Client::pump(std::vector<core::Command> commands) {
  pumping_ = true;
  while (true) {
    for (core::Command &command : commands)
      std::visit([this](auto &one) { carry_out(one); }, command);
    if (heard_.empty()) break;
    const Event event = std::move(heard_.front());
    heard_.pop_front();
    occur(event);
    commands = engine_.take_commands();
  }
  pumping_ = false;
  if (gone_) return;
  run_.oracle->calls.time_passed(id_, seen_);
  run_.oracle->holds.time_passed(id_, seen_);
  finish_if_idle();
  arm();
}

// ---- Its commands ----

void Client::carry_out(core::Submit &command) {
  const core::BackendRequest &request = command.request;
  say("sends request", request.id, verb_name(request.verb),
      request.claims.empty() ? "" : request.claims.front().repo,
      request.claims.empty() ? "" : request.claims.front().lease_id);
  run_.oracle->requests.submitted(id_, request);
  if (request.verb == Verb::kExtend)
    run_.oracle->holds.extension_sent(id_, request, request.id == asked_, seen_);
  if (request.verb == Verb::kRelease) run_.oracle->holds.release_sent(id_, request, seen_);
  if (was_closed_ && request.verb != Verb::kRelease)
    throw Violation(kNothingLeft, name() + " is closed, and sends " + verb_name(request.verb));
  unanswered_.insert(request.id);
  link_->submit(request);
  if (run_.troubled && run_.random.percent(run_.traits.chances.cut))
    run_.schedule.in(0, [this] { crash(); });
}

void Client::carry_out(core::Complete &command) {
  const OpKey op = command.op;
  say("op", op, "completes", core::status_name(static_cast<int32_t>(command.status)),
      command.message);
  const auto releasing = releasing_.extract(op);
  run_.oracle->calls.completed(id_, command,
                               releasing ? releasing.mapped()->granted().id : std::string());
  if (releasing) releasing.mapped()->set_release_result({command.status, command.message});
  if (const auto extending = extending_.extract(op))
    run_.oracle->holds.extend_ends(id_, extending.mapped(), command.status == Status::kOk);
  const auto plan = plans_.extract(op);
  if (!command.granted) return;

  const core::Granted &lease = *command.granted;
  say("lease", lease.key, lease.id, "fence", lease.fences.front(), "valid until",
      in_real_time(lease.valid_until));
  run_.oracle->fences.granted(id_, op, lease, plan.mapped().shared, run_.service->keeps_fences());
  run_.oracle->holds.granted(id_, *this, lease, plan.mapped(), seen_);
  auto handle = std::make_shared<loop::Lease>(lease);
  held_.emplace(lease.key, handle);
  if (dropped_.count(op) == 0) {
    handles_.emplace(lease.key, std::move(handle));
    return;
  }
  run_.oracle->holds.released(id_, lease.key);
  tell([key = lease.key](Engine &engine, Millis now) { engine.release(0, key, now); });
}

void Client::carry_out(core::Extended &command) {
  run_.oracle->holds.extended(id_, command, seen_);
  const auto found = held_.find(command.lease);
  if (found == held_.end()) return;
  bool noticed = false;  // by a thread of the program, between the engine's word and the handle
  if (run_.random.one_in(20)) found->second->status(clock() + run_.random.up_to(3), &noticed);
  if (noticed) run_.oracle->holds.looked(id_, command.lease, false);
  if (!found->second->extend(command.valid_until, command.lost_at))
    tell([key = command.lease](Engine &engine, Millis now) { engine.noticed_lost(key, now); });
}

void Client::carry_out(core::Lost &command) {
  say("lease", command.lease, "is lost:", command.message);
  run_.oracle->holds.lost(id_, command, seen_);
  if (const auto found = held_.find(command.lease); found != held_.end())
    found->second->lose(command);
}

void Client::carry_out(core::Ended &command) {
  run_.oracle->holds.ended(id_, command.lease);
  held_.erase(command.lease);
}

// ---- Its end, and its timer ----

void Client::finish_if_idle() {
  if (!engine_.closed() || !engine_.idle(clock())) return;
  say("is closed and idle");
  const auto left = [this](const char *what) {
    throw Violation(kNothingLeft, name() + " is idle and has " + what);
  };
  if (run_.oracle->calls.any_of(id_)) left("calls that are not complete");
  if (run_.oracle->holds.any_of(id_)) left("leases that have not ended");
  if (engine_.held() != 0 || engine_.waiters() != 0) left("leases or waiters in its engine");
  const bool all_is_said = unanswered_.empty() && run_.traits.kind == Traits::Kind::kFiles;
  if (all_is_said && link_->holds_anything()) left("locks at the backend, for ever");
  gone_ = true;
  link_->close();
}

void Client::arm() {
  const Millis due = engine_.next_deadline();
  if (due == armed_for_) return;
  armed_for_ = due;
  const uint64_t timer = ++timer_;
  if (due == kForever) return;
  run_.schedule.at(in_real_time(due) + timer_lateness(), [this, timer] {
    if (timer != timer_) return;
    when_it_runs([this] {
      armed_for_ = kForever;
      tell([](Engine &engine, Millis now) { engine.tick(now); });
    });
  });
}

Millis Client::timer_lateness() {
  if (!run_.troubled || !run_.random.percent(run_.traits.chances.late)) return 0;
  return run_.random.up_to(run_.random.of<Millis>({20, 1'000, kLongestDelay}));
}

}  // namespace repolock::sim
