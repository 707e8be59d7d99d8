// acquiring.cc - from the wish to the lease: one name after another, each until it is granted, the
// wait is over, or nobody wants it any more.
#include <algorithm>
#include <utility>

#include "core/engine.h"
#include "core/sentence.h"

namespace repolock::core {

namespace {

constexpr Millis kLongestPoll = 1000;        // where the backend has no queue
constexpr Millis kLongestPatience = 60'000;  // of a clean-up: there may be many, and nobody waits

// Again after a random part of 50 ms, doubling up to the longest: full jitter, so that contenders
// which failed together do not meet again.
Millis pause_before_retry(uint32_t retries, Millis longest, uint64_t random) {
  const Millis most = std::min<Millis>(longest, Millis{50} << std::min<uint32_t>(retries, 12));
  return 1 + static_cast<Millis>(random % static_cast<uint64_t>(most));
}

// The backend has yet to say its first word. However short the wait, it has its time for that: else
// a wait of a few ms would end as unknown where none at all is answered.
bool is_unheard(const Acquisition &acquisition) {
  return acquisition.request != 0 && !acquisition.acknowledged && !acquisition.decided;
}

}  // namespace

const std::string &Engine::wanted(const Acquisition &acquisition) const {
  return acquisition.plan.repos[acquisition.gained];
}

void Engine::acquire(OpKey op, Plan plan, Millis now) {
  begin(now);
  if (closing_ != Closing::kOpen)
    return complete(op, Status::kShutdown,
                    "the client is shutting down; open a new one to lock " + plan.repos.front());
  if (plan.shared && !can(kCanShare))
    return complete(op, Status::kUnsupported,
                    "this backend has no shared locks; ask for an exclusive one, or use file:");
  if (plan.repos.size() > 1 && !can(kCanSeveral))
    return complete(op, Status::kUnsupported,
                    "this backend locks one name at a time; ask for " + plan.repos.front() +
                        " alone, or use file:");
  Acquisition acquisition;
  acquisition.op = op;
  acquisition.lease_id = new_lease_id();
  acquisition.started = now_;
  acquisition.deadline = after(now_, plan.wait);
  acquisition.plan = std::move(plan);
  ask(acquisitions_.emplace(op, std::move(acquisition)).first->second);
}

void Engine::ask(Acquisition &acquisition) {
  const Plan &plan = acquisition.plan;
  const bool queue = plan.wait > 0 && can(kCanWait);
  BackendRequest request;
  request.verb = Verb::kAcquire;
  request.holder = plan.holder;
  request.wait = queue;
  request.deadline = queue ? acquisition.deadline : now_ + settings_.node_timeout;
  if (plan.wait > 0) request.deadline = std::min(request.deadline, acquisition.deadline);
  Claim claim;
  claim.repo = wanted(acquisition);
  claim.lease_id = acquisition.lease_id;
  claim.shared = plan.shared;
  claim.ttl = plan.ttl;
  request.claims.push_back(claim);

  Sent sent;
  sent.purpose = Sent::For::kAcquire;
  sent.op = acquisition.op;
  sent.claims = request.claims;
  acquisition.acknowledged = false;
  acquisition.retry_at = kForever;
  acquisition.ask_deadline = now_ + settings_.node_timeout;
  acquisition.request = submit(std::move(request), std::move(sent));
  arm(acquisition);
}

void Engine::arm(const Acquisition &acquisition) {
  // A try has no wait of its own: it ends with the answer, or without one at ask_deadline.
  const bool has_wait = acquisition.plan.wait > 0 && !is_unheard(acquisition);
  Millis at = has_wait ? acquisition.deadline : kForever;
  at = std::min(at, acquisition.retry_at);
  if (acquisition.request != 0) at = std::min(at, acquisition.ask_deadline);
  if (!ever_answered_) at = std::min(at, acquisition.started + settings_.connect_timeout);
  deadlines_.set({Wake::What::kAcquisition, acquisition.op}, at);
}

void Engine::acquire_answered(Acquisition &acquisition, BackendAnswer answer) {
  acquisition.request = 0;
  Grant grant;
  if (answer.status == Status::kOk && !answer.grants.empty()) {
    grant = std::move(answer.grants.front());
  } else {
    grant.status = answer.status == Status::kOk ? Status::kInternal : answer.status;
    grant.message = std::move(answer.message);
  }
  if (grant.message.empty()) grant.message = std::move(answer.message);
  if (grant.message.empty()) grant.message = answer_words(grant.status);
  if (!answer.rows.empty()) {
    acquisition.rows = std::move(answer.rows);
    acquisition.rows_at = now_;
  }

  switch (grant.status) {
    case Status::kOk:
      return gained(acquisition, grant);
    case Status::kHeld:
      acquisition.decided = true;
      if (acquisition.plan.wait == 0)
        return fail(acquisition, Status::kHeld,
                    held_sentence(wanted(acquisition), acquisition.rows));
      acquisition.waited = true;
      emit(Waiting{acquisition.op, waiting_sentence(wanted(acquisition), acquisition.rows, -1),
                   acquisition.rows});
      return retry(acquisition);
    case Status::kTimeout:
      acquisition.decided = true;
      if (now_ >= acquisition.deadline) return wait_is_over(acquisition);
      return retry(acquisition);
    case Status::kUnavailable:
    case Status::kUnknown:
    case Status::kCanceled:
      acquisition.failure = {grant.status == Status::kCanceled ? Status::kUnknown : grant.status,
                             std::move(grant.message)};
      if (acquisition.failure.status == Status::kUnknown) return start_again(acquisition);
      if (acquisition.plan.wait == 0)
        return fail(acquisition, acquisition.failure.status, acquisition.failure.message);
      return retry(acquisition);
    default:
      return fail(acquisition, grant.status, std::move(grant.message));
  }
}

void Engine::gained(Acquisition &acquisition, const Grant &grant) {
  if (acquisition.lease == 0) {
    Lease lease;
    lease.key = next_lease_++;
    lease.id = acquisition.lease_id;
    lease.gathering_op = acquisition.op;
    lease.shared = acquisition.plan.shared;
    lease.ttl = lease.asked_ttl = acquisition.plan.ttl;
    lease.max_hold = acquisition.plan.max_hold;
    acquisition.lease = lease.key;
    lease_by_id_[lease.id] = lease.key;
    leases_.emplace(lease.key, std::move(lease));
  }
  Lease &lease = leases_.at(acquisition.lease);
  lease.parts.push_back(
      {wanted(acquisition), grant.fence, grant.previous, grant.inherit_fd, grant.valid_until});
  ++acquisition.gained;
  acquisition.place = -1;
  acquisition.rows.clear();
  measure(lease);
  if (now_ >= lease.lost_at) {  // the answer came too late to be of use
    acquisition.failure = {Status::kUnknown, "the grant arrived when its ttl was over"};
    return start_again(acquisition);
  }
  if (acquisition.gained < acquisition.plan.repos.size()) return ask(acquisition);
  granted(acquisition, lease);
}

void Engine::granted(Acquisition &acquisition, Lease &lease) {
  const Plan &plan = acquisition.plan;
  lease.gathering_op = 0;
  lease.granted_at = now_;
  lease.renew = plan.renew;
  lease.hard_end = after(now_, plan.max_hold);
  measure(lease);
  if (settings_.heartbeat != kForever && !is_heartbeat_awaited())  // the first one starts the clock
    deadlines_.set({Wake::What::kHeartbeat, 0}, now_ + settings_.heartbeat);
  lease.state = Lease::State::kHeld;

  Granted handle;
  handle.key = lease.key;
  handle.id = lease.id;
  for (const size_t index : plan.asked_order) {
    handle.repos.push_back(plan.repos[index]);
    handle.fences.push_back(lease.parts[index].fence);
    handle.inherit_fds.push_back(lease.parts[index].inherit_fd);
  }
  for (const LeasePart &part : lease.parts)
    handle.previous = std::max(handle.previous, part.previous);
  handle.ttl = lease.ttl;
  handle.valid_until = lease.valid_until;
  handle.lost_at = lease.lost_at;

  Complete done;
  done.op = acquisition.op;
  done.status = Status::kOk;
  done.granted = std::move(handle);
  done.waited = acquisition.waited;
  done.took = now_ - acquisition.started;
  deadlines_.clear({Wake::What::kAcquisition, acquisition.op});
  acquisitions_.erase(acquisition.op);
  emit(std::move(done));
}

void Engine::retry(Acquisition &acquisition) {
  acquisition.retry_at = now_ + pause_before_retry(acquisition.retries++, kLongestPoll, random_());
  arm(acquisition);
}

// What was gained, or may have been, is given back: all names of a lease or none. The next attempt
// has another id, so that neither a late answer nor the clean-up of this one can touch it.
void Engine::start_again(Acquisition &acquisition) {
  abandon_request(acquisition);
  if (acquisition.gained < acquisition.plan.repos.size()) {
    Claim uncertain;
    uncertain.repo = wanted(acquisition);
    uncertain.lease_id = acquisition.lease_id;
    uncertain.shared = acquisition.plan.shared;
    clean_up({uncertain}, Previous::kReleased);
  }
  give_back(acquisition);
  acquisition.gained = 0;
  acquisition.lease_id = new_lease_id();
  if (acquisition.plan.wait == 0)
    return fail(acquisition, Status::kUnknown, acquisition.failure.message);
  retry(acquisition);
}

void Engine::acquisition_due(Acquisition &acquisition) {
  if (acquisition.plan.wait > 0 && now_ >= acquisition.deadline && !is_unheard(acquisition))
    return wait_is_over(acquisition);
  if (acquisition.request != 0 && !acquisition.acknowledged && now_ >= acquisition.ask_deadline) {
    acquisition.failure = {Status::kUnknown,
                           "the backend gave no answer about " + wanted(acquisition) + " within " +
                               duration_words(settings_.node_timeout) +
                               "; whether it was locked is unknown, it is being released"};
    return start_again(acquisition);
  }
  if (!ever_answered_ && now_ >= acquisition.started + settings_.connect_timeout)
    return wait_is_over(acquisition);
  if (now_ >= acquisition.retry_at) return ask(acquisition);
  arm(acquisition);
}

void Engine::wait_is_over(Acquisition &acquisition) {
  grow_older(acquisition);
  const Millis waited = now_ - acquisition.started;
  if (acquisition.decided)
    return fail(acquisition, Status::kTimeout,
                timeout_sentence(wanted(acquisition), acquisition.rows, acquisition.place, waited));
  const Failure why = acquisition.failure;
  if (why.status == Status::kUnavailable)
    return fail(acquisition, why.status,
                "no decision about " + wanted(acquisition) + " within " + duration_words(waited) +
                    ": " + why.message + node_words(acquisition.rows, why.message));
  if (!why.message.empty()) return fail(acquisition, Status::kUnknown, why.message);
  acquisition.failure = {Status::kUnknown,
                         "the backend gave no answer about " + wanted(acquisition) + " within " +
                             duration_words(waited) +
                             "; whether it was locked is unknown, it is being released"};
  acquisition.plan.wait = 0;
  start_again(acquisition);
}

void Engine::fail(Acquisition &acquisition, Status status, std::string message) {
  abandon_request(acquisition);
  give_back(acquisition);
  grow_older(acquisition);
  Complete done;
  done.op = acquisition.op;
  done.status = status;
  done.message = std::move(message);
  done.rows = std::move(acquisition.rows);
  done.waited = acquisition.waited;
  done.took = now_ - acquisition.started;
  deadlines_.clear({Wake::What::kAcquisition, acquisition.op});
  acquisitions_.erase(acquisition.op);
  emit(std::move(done));
}

// The rows are as old as the news; the ages in them go on.
void Engine::grow_older(Acquisition &acquisition) {
  const Millis by = now_ - std::exchange(acquisition.rows_at, now_);
  for (Row &row : acquisition.rows)
    if (row.age_ms >= 0) row.age_ms += by;
}

void Engine::give_back(Acquisition &acquisition) {
  if (acquisition.lease == 0) return;
  Lease &lease = leases_.at(std::exchange(acquisition.lease, 0));
  clean_up(lease.claims(), Previous::kReleased);
  drop(lease);
}

// The backend is told; what it may grant all the same is released when the answer comes.
void Engine::abandon_request(Acquisition &acquisition) {
  if (acquisition.request == 0) return;
  const uint64_t request = std::exchange(acquisition.request, 0);
  sent_.at(request).purpose = Sent::For::kAbandoned;
  emit(Withdraw{request});
}

void Engine::abandoned_answered(const Sent &sent, const BackendAnswer &answer) {
  const Status status = answer.outcome();
  if (status == Status::kOk || status == Status::kUnknown)
    clean_up(sent.claims, Previous::kReleased);
}

void Engine::clean_up(std::vector<Claim> claims, Previous ended) {
  for (Claim &claim : claims) claim.ended = ended;
  clean_up(std::move(claims), 0);
}

void Engine::clean_up(std::vector<Claim> claims, uint32_t tries) {
  for (Claim &claim : claims)  // a lease that was lost may have been handed out since
    if (const auto lease = lease_by_id_.find(claim.lease_id); lease != lease_by_id_.end())
      claim.inherited = leases_.at(lease->second).inherited;
  BackendRequest request;
  request.verb = Verb::kRelease;
  request.claims = claims;
  Sent sent;
  sent.purpose = Sent::For::kCleanup;
  sent.claims = std::move(claims);
  sent.tries = tries;
  sent.deadline = now_ + settings_.release_timeout;
  submit(std::move(request), std::move(sent));
}

// What the backend did not let go, or did not say so, comes to its end there. Where it has none, only
// we can end it.
void Engine::clean_up_later(const Sent &failed) {
  if (!can(kCanNeverExpire) || closing_ == Closing::kClosed) return;
  Sent sent;
  sent.purpose = Sent::For::kRepeat;
  sent.verb = Verb::kRelease;
  sent.claims = failed.claims;
  sent.tries = failed.tries + 1;
  sent.at = now_;
  sent.deadline = now_ + pause_before_retry(failed.tries, kLongestPatience, random_());
  deadlines_.set({Wake::What::kRequest, next_request_}, sent.deadline);
  sent_.emplace(next_request_++, std::move(sent));
}

void Engine::cancel(OpKey op, Millis now) {
  begin(now);
  const auto found = acquisitions_.find(op);
  if (found == acquisitions_.end()) return;
  const std::string repo = wanted(found->second);
  fail(found->second, Status::kCanceled, "the acquisition of " + repo + " was canceled");
}

}  // namespace repolock::core
