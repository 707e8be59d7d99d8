#include "connection.h"

#include <algorithm>
#include <utility>

#include "core/status.h"

namespace repolock::sim {

using core::BackendAnswer;
using core::BackendRequest;
using core::Status;

Connection::Connection(Run &run, LockService &service, Host &host)
    : run_(run), service_(service), host_(host) {
  service_.subscribe(*this);
}

void Connection::close() {
  closed_ = true;
  service_.unsubscribe(*this);
}

// ---- On the way there ----

void Connection::submit(const BackendRequest &request) {
  if (suffers(run_.traits.chances.lost)) {
    run_.trace.line(run_.now(), host_.name(), "request", request.id, "is lost");
    return;
  }
  BackendRequest sent = request;
  if (sent.deadline != kForever) sent.deadline = host_.in_real_time(sent.deadline);
  send([this, sent = std::move(sent)] { arrive(sent); });
}

void Connection::cancel(uint64_t request) {
  if (suffers(run_.traits.chances.lost)) return;
  send([this, request] { service_.cancel(*this, request); });
}

void Connection::arrive(const BackendRequest &request) {
  if (run_.now() < run_.outage_until && run_.outage_is_silent) return;
  const Fate fate = fates_[request.id] = draw_fate(request.verb);
  if (!fate.refused) return service_.execute(*this, request);
  BackendAnswer refusal;
  const bool as_a_whole = request.claims.empty() || run_.random.one_in(2);
  refusal.status = as_a_whole ? fate.status : Status::kOk;
  core::Grant grant;
  grant.status = fate.status;
  if (!as_a_whole) refusal.grants.assign(request.claims.size(), grant);
  answer(request.id, std::move(refusal));
}

Connection::Fate Connection::draw_fate(core::Verb verb) {
  Fate fate;
  fate.uncertain = suffers(run_.traits.chances.uncertain);
  // A kernel takes every unlock.
  if (verb == core::Verb::kRelease && run_.traits.kind == Traits::Kind::kFiles) return fate;
  const bool away = run_.now() < run_.outage_until;
  fate.refused = away || suffers(run_.traits.chances.refused);
  if (fate.refused && !away && run_.random.one_in(2))
    fate.status = run_.random.of({Status::kUnknown, Status::kDenied, Status::kMisconfigured,
                                  Status::kIo, Status::kInternal, Status::kNoMemory,
                                  Status::kUnsupported, Status::kTimeout, Status::kCanceled});
  return fate;
}

// ---- On the way back ----

void Connection::answer(uint64_t request, BackendAnswer answer) {
  const auto found = fates_.find(request);
  if (found == fates_.end()) return;
  const Fate fate = found->second;
  fates_.erase(found);
  for (core::Grant &grant : answer.grants)
    if (grant.valid_until != kForever) grant.valid_until = host_.on_its_clock(grant.valid_until);
  if (fate.uncertain && !fate.refused) blur(answer);
  if (is_unheard()) {
    // Who stands in the queue has heard so; if the way back breaks then, that much is known here.
    if (waiting_.erase(request) == 0) return;
    answer = core::BackendAnswer();
    answer.status = Status::kUnknown;
  }
  if (suffers(run_.traits.chances.twice)) deliver(request, answer);
  deliver(request, answer);
}

// It was carried out, and the backend does not know.
void Connection::blur(BackendAnswer &answer) {
  if (answer.grants.empty() || run_.random.one_in(2)) {
    answer.status = Status::kUnknown;
    answer.grants.clear();
    answer.rows.clear();
  } else {
    answer.grants[run_.random.below(answer.grants.size())].status = Status::kUnknown;
  }
}

void Connection::deliver(uint64_t request, const BackendAnswer &answer) {
  bring([this, request, answer] { host_.answer(request, answer); });
}

void Connection::waiting(uint64_t request, core::Rows rows) {
  if (is_unheard()) return;
  waiting_.insert(request);
  bring([this, request, rows = std::move(rows)] { host_.waiting(request, rows); });
}

void Connection::wake(const std::string &repo) {
  if (is_unheard()) return;
  bring([this, repo] { host_.wake(repo); });
}

void Connection::revoked(const std::string &repo, const std::string &lease_id,
                         core::LossReason reason) {
  if (is_unheard()) return;
  bring([this, repo, lease_id, reason] { host_.revoked(repo, lease_id, reason); });
}

// ---- The way ----

bool Connection::is_unheard() {
  return closed_ || suffers(run_.traits.chances.unheard);
}

Millis Connection::delay() {
  if (suffers(run_.traits.chances.slow))
    return run_.random.up_to(run_.random.of<Millis>({300, 3'000, kLongestDelay}));
  return run_.random.one_in(2) ? 0 : run_.random.up_to(3);
}

void Connection::send(Schedule::Task task) {
  const Millis at = std::max(run_.now() + delay(), busy_until_);
  const bool at_once = at == run_.now() && busy_until_ < run_.now();
  if (at_once) return task();
  busy_until_ = at;
  run_.schedule.at(at, [this, task = std::move(task)] {
    if (!closed_) task();
  });
}

void Connection::bring(Schedule::Task task) {
  const Millis by = delay();
  // It may say so inside submit, but never enters a client that is doing something else.
  if (by == 0 && host_.is_submitting()) return task();
  run_.schedule.in(by, [this, task = std::move(task)] {
    if (!closed_) task();
  });
}

}  // namespace repolock::sim
