// acquiring.cc - what the servers are asked for a lease, and what they say.
#include <algorithm>
#include <functional>
#include <utility>

#include "backend/redis/client.h"
#include "backend/redis/server_error.h"

namespace repolock::backend::redis {

namespace {

constexpr int kMostLateTries = 2;
constexpr int64_t kClockLeadUs = 50'000;  // far more than clocks are usually apart

// "job-17 (pid 4312 on ci-7)"
std::string words_of(std::string_view holder) {
  const auto record = read_lease_record(holder);
  if (!record) return holder.empty() ? "shared holders, or by waiters" : "another library's lock";
  const std::string who = record->owner.holder.empty() ? "somebody" : record->owner.holder;
  return who + " (pid " + std::to_string(record->owner.pid) + " on " + record->owner.host + ")";
}

}  // namespace

// ---- Asking ----

void Client::acquire(const repolock_backend_request_t &sent) {
  const repolock_claim_t &claim = sent.claims[0];
  auto made = std::make_unique<Attempt>(host_, sent.id, servers_.size(), on_attempt_timer, *this);
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
  for (const auto &server : servers_) server->subscriber().open();
  begin(attempt);
}

// All at once; whoever has to wait does so at the gate.
void Client::begin(Attempt &attempt) {
  const uint64_t request = attempt.request;
  const LeasePtr lease = attempt.lease;
  attempt.phase = Attempt::Phase::kTrying;
  attempt.gate = gate_of(lease->repo);
  attempt.place = 0;
  attempt.clock_hint = 0;
  attempt.writes_at = 0;
  for (Attempt::Part &part : attempt.parts) part.vote.kind = Vote::Kind::kAsked;
  set_timer(attempt);
  for (size_t i = 0; i < servers_.size(); ++i) {
    Attempt *still = find(request, lease);
    if (still == nullptr) return;
    ask(*still, i);
  }
}

// A round is over, and nothing of it may come to life again.
void Client::begin_anew(Attempt &attempt) {
  for (size_t i = 0; i < servers_.size(); ++i) let_go(attempt, i);
  take_new_att(attempt);
  begin(attempt);
}

// Whoever has it already grants once more than that, and so do the others.
void Client::take_new_att(Attempt &attempt) {
  attempt.seen = std::max(attempt.seen, attempt.parts[attempt.gate].granted);
  attempt.lease = std::make_shared<Lease>(*attempt.lease);
  attempt.lease->att = ++last_att_;
  attempt.lease->let_go_at = 0;
}

// The first that votes, in an order that is another one for each name and the same for all clients: also
// for one that has just come, and has not reached all of them yet.
size_t Client::gate_of(const std::string &repo) const {
  uint64_t hash = 14695981039346656037U;  // FNV-1a
  for (const char c : repo) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  const size_t first = hash % servers_.size();
  for (size_t i = 0; i < servers_.size(); ++i) {
    const size_t index = (first + i) % servers_.size();
    if (server(index).node().may_vote()) return index;
  }
  return first;
}

void Client::ask(Attempt &attempt, size_t index) {
  const LeasePtr lease = attempt.lease;
  const uint64_t request = attempt.request;
  const Keys keys = settings_.keys.of(lease->repo);
  Attempt::Part &part = attempt.parts[index];
  part.is_asking = true;
  // Who stands in the queue stays there; the answer may bring more.
  if (attempt.phase != Attempt::Phase::kQueued) part.vote = {Vote::Kind::kAsked, 0, 0};
  server(index).node().run(
      {&script::kAcq, keys.all(),
       [this, request, lease, index]() -> std::optional<std::vector<std::string>> {
         if (Attempt *wanted = find(request, lease)) return acq_args(*wanted, index);
         // Granted by the others before this one was there: it may join them.
         if (is_held(*lease)) return acq_args(*lease, index, {.seen = lease->fence - 1});
         return std::nullopt;
       },
       true,
       [this, request, lease, index](const Outcome &outcome) {
         asked(request, lease, index, outcome);
       }});
}

// All of them are to grant the same fence: above the floor of each, and above what its clock says.
int64_t Client::clock_hint(Attempt &attempt) const {
  if (servers_.size() == 1 || attempt.phase != Attempt::Phase::kTrying) return 0;
  if (attempt.clock_hint == 0) {
    int64_t latest = 0;
    for (const auto &server : servers_)
      latest = std::max(latest, server->node().server_time(host_.now()));
    attempt.clock_hint = latest * 1000 + kClockLeadUs;
  }
  return attempt.clock_hint;
}

std::vector<std::string> Client::acq_args(Attempt &attempt, size_t index) const {
  return acq_args(*attempt.lease, index,
                  {.waits = attempt.wait && index == attempt.gate,
                   .deadline_ms = attempt.deadline_ms,
                   .clock_hint = clock_hint(attempt),
                   .seen = std::max(attempt.seen, highest_floor())});
}

std::vector<std::string> Client::acq_args(const Lease &lease, size_t index,
                                          const Asking &how) const {
  const bool has_end = how.waits && how.deadline_ms != INT64_MAX;
  return {lease.id_and_att(),
          std::to_string(lease.ttl_ms + settings_.lock_delay_ms),
          std::string(lease.shared ? "s" : "x") + (how.waits ? "q" : ""),
          std::to_string(has_end ? server(index).node().server_time(how.deadline_ms) : 0),
          std::to_string(how.clock_hint),
          std::to_string(how.seen),
          channel_ + ' ' + lease.owner};
}

uint64_t Client::highest_floor() const {
  if (servers_.size() == 1) return 0;
  uint64_t highest = 0;
  for (const auto &server : servers_) highest = std::max(highest, server->node().floor());
  return highest;
}

// ---- Hearing ----

Attempt *Client::find(uint64_t request, const LeasePtr &lease) {
  const auto found = attempts_.find(request);
  return found == attempts_.end() || found->second->lease != lease ? nullptr : found->second.get();
}

void Client::asked(uint64_t request, const LeasePtr &lease, size_t index, const Outcome &outcome) {
  Attempt *attempt = find(request, lease);
  if (attempt == nullptr) return came_late(lease, index, outcome);
  Attempt::Part &part = attempt->parts[index];
  part.is_asking = false;
  if (part.keeping_att == lease->att) return;  // a HOLD is behind it, whose answer counts
  if (outcome.failure) return hear_failure(*attempt, index, *outcome.failure);
  const std::string_view word = outcome.reply.text_at(0);
  if (word == "GRANT") return hear_grant(*attempt, index, outcome);
  if (word == "HELD") return hear_held(*attempt, index, outcome);
  if (word == "LATE" && ++part.late_tries <= kMostLateTries && host_.now() < attempt->deadline_ms)
    return ask(*attempt, index);
  if (word == "LATE" && host_.now() >= attempt->deadline_ms)
    return refuse(*attempt, {REPOLOCK_E_TIMEOUT, lease->repo + " was not free in time"});
  hear_failure(*attempt, index,
               {REPOLOCK_E_UNAVAILABLE,
                server(index).name() + " answered " + std::string(word.substr(0, 20)) + " about " +
                    lease->repo + ": its clock moves; look at its time service"});
}

// The attempt is over, or began anew. Its REL was sent behind this, but of what was sent twice it may have
// been carried out before.
void Client::came_late(const LeasePtr &lease, size_t index, const Outcome &outcome) {
  if (outcome.failure || is_held(*lease) || outcome.reply.text_at(0) != "GRANT") return;
  if ((lease->let_go_at >> index & 1) != 0 && !outcome.was_sent_twice) return;
  if (const auto record = read_fence_record(outcome.reply.text_at(1)))
    server(index).let_go(lease, 0, record->fence, std::string(outcome.reply.text_at(2)));
}

bool Client::is_held(const Lease &lease) const {
  const auto found = held_.find(lease.id);
  return found != held_.end() && std::ranges::any_of(found->second, [&](const LeasePtr &held) {
           return held->repo == lease.repo && held->att == lease.att;
         });
}

void Client::hear_grant(Attempt &attempt, size_t index, const Outcome &outcome) {
  Attempt::Part &part = attempt.parts[index];
  const auto record = read_fence_record(outcome.reply.text_at(1));
  if (!record) return hear_failure(attempt, index, not_understood(server(index).name()));
  const uint64_t fence = record->fence;
  part.granted = fence;
  part.found = outcome.reply.text_at(2);
  const bool is_new = part.found != "-";
  attempt.lease->since = outcome.now;
  if (index == attempt.gate || attempt.lease->previous == REPOLOCK_PREVIOUS_NONE)
    attempt.lease->previous = record->previous;
  const bool was_queued = attempt.phase == Attempt::Phase::kQueued;
  if (was_queued && index != attempt.gate) return let_go(attempt, index);
  if (was_queued && servers_.size() > 1) return gather(attempt);
  if (was_queued) attempt.phase = Attempt::Phase::kGathering;
  part.vote = {Vote::Kind::kGranted, fence, outcome.sent_ms};
  if (is_new) return settle(attempt);
  const uint64_t request = attempt.request;
  const LeasePtr lease = attempt.lease;
  keep(attempt, index, fence, "renew");  // it was given before, nobody knows when
  if (Attempt *still = find(request, lease)) settle(*still);
}

void Client::hear_held(Attempt &attempt, size_t index, const Outcome &outcome) {
  const Reply &reply = outcome.reply;
  Attempt::Part &part = attempt.parts[index];
  part.vote.kind = Vote::Kind::kRefused;
  part.refused = "held by " + words_of(reply.text_at(5));
  if (servers_.size() > 1)
    attempt.seen = std::max(attempt.seen, static_cast<uint64_t>(reply.number_at(3)));
  const bool is_gate = index == attempt.gate;
  const bool is_first = attempt.holder.empty();
  const int64_t place = reply.number_at(1);
  const bool is_news = place != attempt.place || reply.text_at(5) != attempt.holder;
  if (is_gate || is_first) {
    attempt.told_ms = outcome.now;
    attempt.holder_left = reply.number_at(2);
    attempt.holder_fence = reply.number_at(3);
    attempt.holder = reply.text_at(5);
    attempt.reader = reply.text_at(6);
  }
  if (!is_gate || !attempt.wait) return settle(attempt);
  attempt.place = place;
  stand_in_queue(attempt);
  if (is_news) tell_place(attempt);
}

void Client::hear_failure(Attempt &attempt, size_t index, const Failure &why) {
  Attempt::Part &part = attempt.parts[index];
  part.vote.kind = Vote::Kind::kFailed;
  part.failure = why;
  if (servers_.size() == 1) return refuse(attempt, why);
  if (attempt.phase == Attempt::Phase::kQueued && index == attempt.gate) return begin_anew(attempt);
  settle(attempt);
}

}  // namespace repolock::backend::redis
