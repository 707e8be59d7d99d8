// acquiring.cc - from an acquire to its answer.
#include <algorithm>
#include <functional>
#include <utility>

#include "backend/redis/client.h"

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
}

// The first that votes, in an order that is another one for each name and the same for all clients.
size_t Client::gate_of(const std::string &repo) const {
  uint64_t hash = 14695981039346656037U;  // FNV-1a
  for (const char c : repo) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  const size_t first = hash % servers_.size();
  for (size_t i = 0; i < servers_.size(); ++i) {
    const size_t index = (first + i) % servers_.size();
    if (server(index).node().votes()) return index;
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
  const Node &node = server(index).node();
  const bool has_end = how.waits && how.deadline_ms != INT64_MAX;
  return {lease.id,
          std::to_string(lease.att),
          std::to_string(lease.ttl_ms + settings_.lock_delay_ms),
          lease.shared ? "s" : "x",
          std::to_string(node.deadline()),
          std::to_string(has_end ? node.server_time(how.deadline_ms) : 0),
          std::to_string(how.clock_hint),
          std::to_string(how.seen),
          how.waits ? "1" : "0",
          channel_,
          lease.owner};
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
  if (part.kept_att == lease->att) return;  // a HOLD is behind it, whose answer counts
  if (outcome.failure) return hear_failure(*attempt, index, *outcome.failure);
  const std::string_view word = outcome.reply.text_at(0);
  if (word == "GRANT") return hear_grant(*attempt, index, outcome);
  if (word == "HELD") return hear_held(*attempt, index, outcome.reply);
  if (word == "LATE" && ++part.late_tries <= kMostLateTries && host_.now() < attempt->deadline_ms)
    return ask(*attempt, index);
  if (word == "LATE" && host_.now() >= attempt->deadline_ms)
    return refuse(*attempt, {REPOLOCK_E_TIMEOUT, lease->repo + " was not free in time"});
  hear_failure(*attempt, index,
               {REPOLOCK_E_UNAVAILABLE,
                server(index).name() + " answered " + std::string(word.substr(0, 20)) + " about " +
                    lease->repo + ": its clock moves; look at its time service"});
}

// The attempt is over, or began anew, and its REL may have been carried out before this.
void Client::came_late(const LeasePtr &lease, size_t index, const Outcome &outcome) {
  if (outcome.failure || is_held(*lease) || outcome.reply.text_at(0) != "GRANT") return;
  const bool is_new = outcome.reply.number_at(4) == 0;
  server(index).let_go(lease, 0, static_cast<uint64_t>(outcome.reply.number_at(2)),
                       is_new ? std::string(outcome.reply.text_at(5)) : "-");
}

bool Client::is_held(const Lease &lease) const {
  const auto found = held_.find(lease.id);
  return found != held_.end() && std::ranges::any_of(found->second, [&](const LeasePtr &held) {
           return held->repo == lease.repo && held->att == lease.att;
         });
}

void Client::hear_grant(Attempt &attempt, size_t index, const Outcome &outcome) {
  Attempt::Part &part = attempt.parts[index];
  const auto fence = static_cast<uint64_t>(outcome.reply.number_at(2));
  const bool is_new = outcome.reply.number_at(4) == 0;
  part.granted = fence;
  part.found = is_new ? std::string(outcome.reply.text_at(5)) : "-";
  attempt.lease->since = outcome.reply.number_at(1);
  if (index == attempt.gate || attempt.lease->previous == REPOLOCK_PREVIOUS_NONE)
    attempt.lease->previous = static_cast<int32_t>(outcome.reply.number_at(3));
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

void Client::hear_held(Attempt &attempt, size_t index, const Reply &reply) {
  Attempt::Part &part = attempt.parts[index];
  part.vote.kind = Vote::Kind::kRefused;
  part.refused = "held by " + words_of(reply.text_at(6));
  if (servers_.size() > 1)
    attempt.seen = std::max(attempt.seen, static_cast<uint64_t>(reply.number_at(4)));
  const bool is_gate = index == attempt.gate;
  const bool is_first = attempt.holder.empty();
  const int64_t place = reply.number_at(2);
  const bool is_news = place != attempt.place || reply.text_at(6) != attempt.holder;
  if (is_gate || is_first) {
    attempt.told_ms = reply.number_at(1);
    attempt.holder_left = reply.number_at(3);
    attempt.holder_fence = reply.number_at(4);
    attempt.holder = reply.text_at(6);
    attempt.reader = reply.text_at(7);
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

// ---- Keeping: what was granted before, handed over, or is to be written back ----

void Client::keep(Attempt &attempt, size_t index, uint64_t fence, const char *mode) {
  const LeasePtr lease = attempt.lease;
  const uint64_t request = attempt.request;
  attempt.parts[index].vote.kind = Vote::Kind::kAsked;
  attempt.parts[index].kept_att = lease->att;
  attempt.parts[index].granted = std::max(attempt.parts[index].granted, fence);
  server(index).node().run(hold(server(index), {lease}, {lease->ttl_ms}, {fence}, mode,
                                [this, request, lease, index, fence](const Outcome &outcome) {
                                  kept(request, lease, index, fence, outcome);
                                }));
}

void Client::kept(uint64_t request, const LeasePtr &lease, size_t index, uint64_t fence,
                  const Outcome &outcome) {
  Attempt *attempt = find(request, lease);
  if (attempt == nullptr) return;  // its REL is behind
  Attempt::Part &part = attempt->parts[index];
  if (outcome.failure) return hear_failure(*attempt, index, *outcome.failure);
  if (outcome.reply.text_at(0) == "OK" && outcome.reply.text_at(2) == "OK") {
    lease->since = outcome.reply.number_at(1);
    part.vote = {Vote::Kind::kGranted, fence, outcome.sent_ms};
    return settle(*attempt);
  }
  // A claim that had run out: back into the queue.
  if (index == attempt->gate && attempt->phase == Attempt::Phase::kGathering)
    return begin_anew(*attempt);
  part.vote.kind = Vote::Kind::kRefused;
  part.refused = "taken by somebody else in between";
  settle(*attempt);
}

// ---- Deciding ----

void Client::settle(Attempt &attempt) {
  if (attempt.phase == Attempt::Phase::kQueued) return;
  const Verdict verdict = verdict_of(attempt.votes(), quorum());
  // Whoever would pass those who wait at the gate is not granted before it has been heard.
  const bool is_gate_open = attempt.parts[attempt.gate].vote.kind == Vote::Kind::kAsked;
  const bool is_gate_shut = attempt.parts[attempt.gate].vote.kind == Vote::Kind::kRefused;
  const bool is_writing = attempt.phase == Attempt::Phase::kWriting;
  switch (verdict.kind) {
    case Verdict::Kind::kOpen:
      return;
    case Verdict::Kind::kAgreed:
      if (is_writing || (!is_gate_open && !is_gate_shut)) return grant(attempt, verdict);
      if (is_gate_open) return;
      break;
    case Verdict::Kind::kDiffers:
      if (is_gate_open) return;
      if (!is_writing && !is_gate_shut) return write_back_soon(attempt, verdict.fence);
      break;
    case Verdict::Kind::kRefused:
    case Verdict::Kind::kUnavailable:
      break;
  }
  if (verdict.kind == Verdict::Kind::kUnavailable) {
    // The error is to tell what each of them answered, and none takes long.
    const bool is_whole = std::ranges::none_of(attempt.parts, [](const Attempt::Part &part) {
      return part.vote.kind == Vote::Kind::kAsked;
    });
    return is_whole ? refuse(attempt, too_few(attempt)) : void();
  }
  if (!attempt.wait)
    return refuse(attempt, {REPOLOCK_E_HELD, attempt.lease->repo + " is locked by somebody else"});
  if (is_writing) return begin_anew(attempt);
  if (!is_gate_open) gather_again(attempt);
}

// It is the first at its gate: nobody else asks the others for long. Its gate is asked too, as this
// round has an att of its own: a REL to the others that is late could end it under the old one.
void Client::gather(Attempt &attempt) {
  const uint64_t request = attempt.request;
  attempt.phase = Attempt::Phase::kGathering;
  take_new_att(attempt);
  const LeasePtr lease = attempt.lease;
  for (Attempt::Part &part : attempt.parts) part.vote = {Vote::Kind::kAsked, 0, 0};
  set_timer(attempt);
  for (size_t i = 0; i < servers_.size(); ++i) {
    Attempt *still = find(request, lease);
    if (still == nullptr || still->phase != Attempt::Phase::kGathering) return;
    ask(*still, i);
  }
  if (Attempt *still = find(request, lease)) settle(*still);
}

// No quorum yet. It keeps what it has and asks the rest again, soon; but two that are first at
// different gates would wait for each other for ever. So now and then it lets go of the rest; and of
// its gate too, if that is not the one where others line up by now.
void Client::gather_again(Attempt &attempt) {
  constexpr int kKeptFor = 8;
  attempt.phase = Attempt::Phase::kGathering;
  if (++attempt.retries % kKeptFor == 0) {
    if (attempt.gate != gate_of(attempt.lease->repo)) return begin_anew(attempt);
    for (size_t i = 0; i < servers_.size(); ++i) {
      if (i != attempt.gate) let_go(attempt, i);
      attempt.parts[i].vote.kind = Vote::Kind::kRefused;
    }
    take_new_att(attempt);
  }
  set_timer(attempt);
}

// Whoever has not answered may have a higher fence, and would not take this one.
void Client::write_back_soon(Attempt &attempt, uint64_t fence) {
  constexpr int64_t kStragglersMs = 10;
  const bool is_whole = std::ranges::none_of(attempt.parts, [](const Attempt::Part &part) {
    return part.vote.kind == Vote::Kind::kAsked;
  });
  const int64_t now = host_.now();
  if (is_whole || (attempt.writes_at != 0 && now >= attempt.writes_at))
    return write_back(attempt, fence);
  if (attempt.writes_at != 0) return;
  attempt.writes_at = now + kStragglersMs;
  attempt.timer.set(std::min(attempt.deadline_ms, attempt.writes_at));
}

void Client::write_back(Attempt &attempt, uint64_t fence) {
  const uint64_t request = attempt.request;
  const LeasePtr lease = attempt.lease;
  attempt.phase = Attempt::Phase::kWriting;
  std::vector<size_t> those;
  for (size_t i = 0; i < servers_.size(); ++i)
    if (attempt.parts[i].vote.kind == Vote::Kind::kGranted ||
        attempt.parts[i].vote.kind == Vote::Kind::kAsked)
      those.push_back(i);
  for (const size_t i : those) attempt.parts[i].vote.kind = Vote::Kind::kAsked;
  for (const size_t i : those) {
    Attempt *still = find(request, lease);
    if (still == nullptr) return;
    keep(*still, i, fence, "write");
  }
}

// ---- The end of an attempt ----

void Client::grant(Attempt &attempt, const Verdict &verdict) {
  const LeasePtr lease = attempt.lease;
  const uint64_t request = attempt.request;
  lease->fence = verdict.fence;
  lease->until_ms = valid_until(verdict.since_ms, lease->ttl_ms);
  remember(lease);
  attempt_by_id_.erase(lease->id);
  attempts_.erase(request);
  if (!take(request)) return;
  repolock_grant_t grant = new_grant(REPOLOCK_OK);
  grant.fence = lease->fence;
  grant.previous = lease->previous;
  grant.valid_until_ms = lease->until_ms;
  host_.answer(request, {grant});
}

// What does not pass by itself counts only where it alone leaves no quorum.
Failure Client::too_few(const Attempt &attempt) const {
  size_t answers = 0, lasting = 0;
  std::string failures;
  repolock_status_t passing = REPOLOCK_E_UNAVAILABLE, last = REPOLOCK_E_UNAVAILABLE;
  for (const Attempt::Part &part : attempt.parts) {
    if (part.vote.kind != Vote::Kind::kFailed) {
      ++answers;
      continue;
    }
    failures += (failures.empty() ? "" : "; ") + part.failure->message;
    if (part.failure->status == REPOLOCK_E_UNKNOWN) {
      passing = REPOLOCK_E_UNKNOWN;
    } else if (part.failure->status != REPOLOCK_E_UNAVAILABLE) {
      last = part.failure->status;
      ++lasting;
    }
  }
  return {lasting > servers_.size() - quorum() ? last : passing,
          std::to_string(answers) + " of " + std::to_string(servers_.size()) +
              " servers answer, and " + std::to_string(quorum()) + " have to agree: " + failures};
}

// It ends without a lease, and nothing is left of it.
void Client::refuse(Attempt &attempt, const Failure &why) {
  Rows rows(settings_.lock_delay_ms);
  add_rows(attempt, &rows);
  add_nodes(attempt, &rows);
  const uint64_t request = attempt.request;
  attempt_by_id_.erase(attempt.lease->id);
  const auto kept = attempts_.extract(request);
  for (size_t i = 0; i < servers_.size(); ++i) let_go(*kept.mapped(), i);
  fail(request, why, &rows);
}

// Behind whatever was asked there.
void Client::let_go(Attempt &attempt, size_t index) {
  Attempt::Part &part = attempt.parts[index];
  const bool is_queued = index == attempt.gate && attempt.place > 0;
  const bool may_be_there = part.is_asking || part.kept_att != 0 || part.granted != 0 ||
                            is_queued ||
                            (part.failure && part.failure->status == REPOLOCK_E_UNKNOWN);
  const int32_t ended = part.kept_att != 0 ? REPOLOCK_PREVIOUS_RELEASED : 0;
  const uint64_t fence = part.granted;
  const std::string found = std::exchange(part, {}).found;
  if (may_be_there) server(index).let_go(attempt.lease, ended, fence, found);
}

}  // namespace repolock::backend::redis
