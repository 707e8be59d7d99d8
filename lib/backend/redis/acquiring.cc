// acquiring.cc - from an acquire to its answer.
#include <utility>

#include "backend/redis/client.h"

namespace repolock::backend::redis {

namespace {

constexpr int kMostLateTries = 2;

}  // namespace

void Client::acquire(const repolock_backend_request_t &sent) {
  const repolock_claim_t &claim = sent.claims[0];
  auto made = std::make_unique<Attempt>(host_, sent.id, on_attempt_timer, *this);
  Attempt &attempt = *made;
  attempt.lease = std::make_shared<Lease>();
  attempt.lease->repo = claim.repo;
  attempt.lease->id = claim.lease_id;
  attempt.lease->shared = claim.shared != 0;
  attempt.lease->ttl_ms = claim.ttl_ms;
  attempt.lease->owner = owner_record(*sent.owner);
  attempt.lease->att = ++last_att_;
  attempt.wait = sent.wait != 0;
  attempt.deadline_ms = sent.deadline_ms;
  attempt.began_ms = host_.now();
  attempts_.emplace(sent.id, std::move(made));
  attempt_by_id_[attempt.lease->id] = sent.id;
  subscriber_.open();
  set_timer(attempt);
  ask(attempt);
}

void Client::ask(Attempt &attempt) {
  const LeasePtr lease = attempt.lease;
  const uint64_t request = attempt.request;
  const Keys keys(settings_.prefix, lease->repo);
  attempt.is_asking = true;
  node_.run(
      {&script::kAcq,
       {keys.lock, keys.fence, keys.queue, keys.waiters, keys.readers},
       [this, request, lease]() -> std::optional<std::vector<std::string>> {
         const Attempt *wanted = find(request, lease);
         if (wanted == nullptr) return std::nullopt;
         return acq_args(*wanted);
       },
       true,
       [this, request, lease](Outcome outcome) { asked(request, lease, std::move(outcome)); }});
}

std::vector<std::string> Client::acq_args(const Attempt &attempt) const {
  const Lease &lease = *attempt.lease;
  const bool has_end = attempt.wait && attempt.deadline_ms != INT64_MAX;
  const int64_t last = has_end ? node_.server_time(attempt.deadline_ms) : 0;
  return {lease.id,
          std::to_string(lease.att),
          std::to_string(lease.ttl_ms + settings_.lock_delay_ms),
          lease.shared ? "s" : "x",
          std::to_string(node_.deadline()),
          std::to_string(last),
          "0",
          "0",
          attempt.wait ? "1" : "0",
          channel_,
          lease.owner};
}

Attempt *Client::find(uint64_t request, const LeasePtr &lease) {
  const auto found = attempts_.find(request);
  return found == attempts_.end() || found->second->lease != lease ? nullptr : found->second.get();
}

void Client::asked(uint64_t request, const LeasePtr &lease, Outcome outcome) {
  Attempt *attempt = find(request, lease);
  if (attempt == nullptr) return came_late(lease, outcome);
  attempt->is_asking = false;
  if (attempt->phase == Attempt::Phase::kConfirming) return;  // by a message, before this reply
  if (outcome.failure) return refuse(*attempt, *outcome.failure);
  const std::string &word = outcome.reply.elements.front().text;
  if (word == "GRANT") return hear_grant(*attempt, outcome);
  if (word == "HELD") return hear_held(*attempt, outcome.reply);
  if (word == "LATE" && ++attempt->late_tries <= kMostLateTries &&
      host_.now() < attempt->deadline_ms)
    return ask(*attempt);
  refuse(*attempt, {REPOLOCK_E_UNAVAILABLE,
                    node_.name() + " answered " + word.substr(0, 20) + " about " + lease->repo +
                        ": its clock moves; ask again, and look at its time service"});
}

// The attempt was given up, and its REL may have been carried out before this.
void Client::came_late(const LeasePtr &lease, const Outcome &outcome) {
  if (outcome.failure || is_held(*lease)) return;
  const Reply &reply = outcome.reply;
  if (reply.text_at(0) != "GRANT") return;
  lease->fence = static_cast<uint64_t>(reply.number_at(2));
  const bool is_new = reply.number_at(4) == 0;
  let_go(lease, 0, is_new ? std::string(reply.text_at(5)) : "-", {});
}

bool Client::is_held(const Lease &lease) const {
  const auto found = held_.find(lease.id);
  if (found == held_.end()) return false;
  for (const LeasePtr &held : found->second)
    if (held->repo == lease.repo && held->att == lease.att) return true;
  return false;
}

void Client::hear_grant(Attempt &attempt, const Outcome &outcome) {
  Lease &lease = *attempt.lease;
  lease.since = outcome.reply.number_at(1);
  lease.fence = static_cast<uint64_t>(outcome.reply.number_at(2));
  lease.previous = static_cast<int32_t>(outcome.reply.number_at(3));
  const bool was_granted_before = outcome.reply.number_at(4) != 0;
  if (was_granted_before) return confirm(attempt);
  grant(attempt, outcome.sent_ms);
}

void Client::hear_held(Attempt &attempt, const Reply &reply) {
  const int64_t place = reply.number_at(2);
  const std::string holder(reply.text_at(6));
  const bool is_news = place != attempt.place || holder != attempt.holder;
  attempt.told_ms = reply.number_at(1);
  attempt.place = place;
  attempt.holder_left = reply.number_at(3);
  attempt.holder_fence = reply.number_at(4);
  attempt.holder = holder;
  attempt.reader = reply.text_at(7);
  if (!attempt.wait)
    return refuse(attempt, {REPOLOCK_E_HELD, attempt.lease->repo + " is locked by somebody else"});
  attempt.phase = Attempt::Phase::kQueued;
  set_timer(attempt);
  beat_within(kBeatMs);
  if (is_news) tell_place(attempt);
}

// It was handed over, and is a claim until this comes in time.
void Client::confirm(Attempt &attempt) {
  attempt.phase = Attempt::Phase::kConfirming;
  set_timer(attempt);
  const LeasePtr lease = attempt.lease;
  const uint64_t request = attempt.request;
  node_.run(hold({lease}, {lease->ttl_ms}, [this, request, lease](const Outcome &outcome) {
    confirmed(request, lease, outcome);
  }));
}

void Client::confirmed(uint64_t request, const LeasePtr &lease, const Outcome &outcome) {
  Attempt *attempt = find(request, lease);
  if (attempt == nullptr) return;  // its REL is behind
  if (outcome.failure) return refuse(*attempt, *outcome.failure);
  if (outcome.reply.text_at(0) == "OK" && outcome.reply.text_at(2) == "OK") {
    lease->since = outcome.reply.number_at(1);
    return grant(*attempt, outcome.sent_ms);
  }
  begin_anew(*attempt);  // the claim had run out: back into the queue
}

// A round is over, and nothing of it may come to life again.
void Client::begin_anew(Attempt &attempt) {
  attempt.lease = std::make_shared<Lease>(*attempt.lease);
  attempt.lease->att = ++last_att_;
  attempt.phase = Attempt::Phase::kQueued;
  set_timer(attempt);
  ask(attempt);
}

void Client::grant(Attempt &attempt, int64_t sent_ms) {
  const LeasePtr lease = attempt.lease;
  const uint64_t request = attempt.request;
  lease->until_ms = valid_until(sent_ms, lease->ttl_ms);
  keep(lease);
  attempt_by_id_.erase(lease->id);
  attempts_.erase(request);
  if (!take(request)) return;
  repolock_grant_t grant = new_grant(REPOLOCK_OK);
  grant.fence = lease->fence;
  grant.previous = lease->previous;
  grant.valid_until_ms = lease->until_ms;
  host_.answer(request, {grant});
}

// It ends without a lease. What may be left of it at the server is let go of by the library's own
// release, which follows where the outcome is not known.
void Client::refuse(Attempt &attempt, const Failure &why) {
  Rows rows;
  add_rows(attempt, &rows);
  if (why.status == REPOLOCK_E_UNAVAILABLE || why.status == REPOLOCK_E_UNKNOWN)
    rows.add_node(node_.name(), status_word(why.status), why.message);
  const uint64_t request = attempt.request;
  attempt_by_id_.erase(attempt.lease->id);
  const auto kept = attempts_.extract(request);
  fail(request, why, &rows);
}

// As refuse, but it may stand in the queue, or have been handed the lock.
void Client::give_up(Attempt &attempt, const Failure &why) {
  const LeasePtr lease = attempt.lease;
  const bool is_confirming = attempt.phase == Attempt::Phase::kConfirming;
  refuse(attempt, why);
  let_go(lease, is_confirming ? REPOLOCK_PREVIOUS_RELEASED : 0, "-", {});
}

}  // namespace repolock::backend::redis
