#include "client.h"

#include <algorithm>
#include <array>
#include <utility>

#include "oracle/oracle.h"

namespace repolock::sim {

using core::Engine;
using core::Status;
using core::Verb;

namespace {

constexpr Millis kReleaseTimeout = core::Settings{}.release_timeout;

core::Settings settings(const Traits &traits) {
  core::Settings settings;
  settings.node_timeout = traits.node_timeout;
  settings.heartbeat = traits.heartbeat;
  settings.capabilities = traits.capabilities;
  return settings;
}

constexpr std::array<std::string_view, 1> kSchemes = {"file"};

}  // namespace

Client::Client(Run &run, ClientId id)
    : run_(run),
      id_(id),
      name_("client-" + std::to_string(id)),
      offset_(run.random.up_to(1'000'000)),
      link_(run.service->connect(run, *this)),
      engine_(settings(run.traits), [this] { return random_number(); }),
      options_(kSchemes) {}

// ---- What its program calls ----

OpKey Client::acquire(const std::string &repo, const core::Request &request) {
  const auto plan = std::get<core::Plan>(core::make_plan(repo, request, options_));
  // Of each name the backend may take its time for the first word.
  const Millis answers = run_.traits.node_timeout * static_cast<Millis>(plan.repos.size());
  const OpKey op =
      begin(Calls::Kind::kAcquire, core::after(core::after(latest(), plan.wait), answers));
  say("op", op, "acquire", repo, "names", plan.repos.size(), "ttl", plan.ttl, "wait", plan.wait,
      "shared", plan.shared, "renew", plan.renew, "max_hold", plan.max_hold);
  run_.oracle->fences.asked(id_, op, plan.repos);
  plans_.emplace(op, plan);
  tell([&](Engine &engine, Millis at) { engine.acquire(op, plan, at); });
  return op;
}

void Client::cancel(OpKey op) {
  say("cancels op", op);
  tell([op](Engine &engine, Millis now) { engine.cancel(op, now); });
}

// Its thread hears of it a little later: by then it may have been granted.
void Client::drop(OpKey op) {
  dropped_.insert(op);
  run_.schedule.in(run_.random.up_to(3), [this, op] { when_it_runs([this, op] { cancel(op); }); });
}

void Client::extend(LeaseKey lease, Millis ttl) {
  const OpKey op = begin(Calls::Kind::kExtend, latest() + run_.traits.node_timeout);
  say("op", op, "extend lease", lease, "ttl", ttl);
  extending_.emplace(op, lease);
  run_.oracle->holds.extend_begins(id_, lease, ttl);
  call(op, Verb::kExtend, [=](Engine &engine, Millis now) { engine.extend(op, lease, ttl, now); });
}

void Client::release(LeaseKey lease) {
  const Handle handle = handles_.at(lease);
  if (handle->release_result()) return;
  handle->start_release();
  const OpKey op = begin(Calls::Kind::kRelease, latest() + kReleaseTimeout);
  say("op", op, "release lease", lease);
  run_.oracle->holds.released(id_, lease);
  releasing_.emplace(op, handle);
  tell([=](Engine &engine, Millis now) { engine.release(op, lease, now); });
}

void Client::forget(LeaseKey lease) {
  say("frees the handle of lease", lease);
  handles_.erase(lease);
  held_.erase(lease);
  tell([lease](Engine &engine, Millis now) { engine.forget(lease, now); });
  run_.oracle->holds.forgotten(id_, lease, seen_);
}

void Client::hand_out(LeaseKey lease) {
  tell([lease](Engine &engine, Millis now) { engine.inherited(lease, now); });
  run_.oracle->holds.handed_out(id_, lease);
}

void Client::look(LeaseKey lease) {
  bool noticed = false;
  const bool held = says_held(*handles_.at(lease), &noticed);
  say("looks at lease", lease, held ? "held" : "not held");
  run_.oracle->holds.looked(id_, lease, held);
  if (noticed) tell([lease](Engine &engine, Millis now) { engine.noticed_lost(lease, now); });
}

bool Client::says_held(loop::Lease &handle, bool *noticed) {
  return handle.status(clock(), noticed) == Status::kOk;
}

void Client::inspect(const std::string &repo) {
  const OpKey op = begin(Calls::Kind::kQuery, latest() + run_.traits.node_timeout);
  say("op", op, "inspect", repo);
  call(op, Verb::kInspect, [&](Engine &engine, Millis now) { engine.inspect(op, repo, now); });
}

void Client::diagnose() {
  const OpKey op = begin(Calls::Kind::kQuery, latest() + run_.traits.node_timeout);
  say("op", op, "diagnose");
  call(op, Verb::kDiagnose, [&](Engine &engine, Millis now) { engine.diagnose(op, now); });
}

void Client::break_lease(const std::string &repo, const std::string &lease_id) {
  const OpKey op = begin(Calls::Kind::kQuery, latest() + run_.traits.node_timeout);
  say("op", op, "break", repo, lease_id);
  call(op, Verb::kBreak,
       [&](Engine &engine, Millis now) { engine.break_lease(op, repo, lease_id, now); });
}

void Client::heartbeat() {
  run_.oracle->holds.heartbeat(id_, latest());
  tell([](Engine &engine, Millis now) { engine.heartbeat(now); });
}

void Client::shutdown(Millis timeout) {
  // A second one joins the first.
  if (!closing_due_) closing_due_ = core::after(core::after(latest(), timeout), kReleaseTimeout);
  const OpKey op = begin(Calls::Kind::kShutdown, *closing_due_);
  say("op", op, "shutdown within", timeout);
  tell([=](Engine &engine, Millis now) { engine.shutdown(op, timeout, now); });
}

void Client::abandon() {
  say("is freed");
  tell([](Engine &engine, Millis now) { engine.abandon(now); });
}

std::vector<LeaseKey> Client::leases() const {
  std::vector<LeaseKey> keys;
  for (const auto &[key, handle] : handles_) keys.push_back(key);
  return keys;
}

std::vector<OpKey> Client::acquiring() const {
  std::vector<OpKey> ops;
  for (const auto &[op, plan] : plans_) ops.push_back(op);
  return ops;
}

OpKey Client::begin(Calls::Kind kind, Millis due) {
  const OpKey op = next_op_++;
  run_.oracle->calls.begins(id_, op, kind, latest(), due);
  return op;
}

// ---- What happens to it ----

void Client::pause(Millis length) {
  say("stops for", length);
  paused_until_ = std::max(paused_until_, run_.now() + length);
  run_.schedule.at(paused_until_, [this] {
    if (!runs()) return;
    say("goes on");
    auto tasks = std::exchange(put_off_, {});
    if (run_.random.one_in(2))  // its program is faster than its driver
      for (const LeaseKey lease : leases()) look(lease);
    while (!tasks.empty()) {  // in any order: its threads race
      const auto next =
          tasks.begin() + static_cast<std::ptrdiff_t>(run_.random.below(tasks.size()));
      const Schedule::Task task = std::move(*next);
      tasks.erase(next);
      if (!gone_) task();
    }
  });
}

void Client::step_clock(Millis by) {
  say("clock steps by", by);
  if (by < 0) run_.oracle->holds.clock_went_back(id_);
  shift_clock(by);
}

void Client::shift_clock(Millis by) {
  offset_ += by;
  link_->clock_stepped();
  armed_for_ = kForever;
  arm();
}

void Client::crash() {
  if (gone_) return;
  say("crashes");
  gone_ = true;
  link_->close();
  run_.oracle->calls.gone(id_);
  run_.oracle->holds.gone(id_);
}

void Client::when_it_runs(Schedule::Task task) {
  if (gone_) return;
  if (runs())
    task();
  else
    put_off_.push_back(std::move(task));
}

}  // namespace repolock::sim
