// deciding.cc - from what the servers say to a lease, or to a refusal.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "backend/redis/client.h"
#include "backend/redis/failures.h"

namespace repolock::backend::redis {

// ---- Keeping: what was granted before, handed over, or is to be written back ----

void Client::keep(Attempt &attempt, size_t index, uint64_t fence, const char *mode) {
  const LeasePtr lease = attempt.lease;
  const uint64_t request = attempt.request;
  attempt.parts[index].vote.kind = Vote::Kind::kAsked;
  attempt.parts[index].keeping_att = attempt.parts[index].kept_att = lease->att;
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
  part.keeping_att = 0;
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
  const bool is_gate_gone = attempt.parts[attempt.gate].vote.kind == Vote::Kind::kFailed;
  if (is_gate_gone && attempt.gate != gate_of(attempt.lease->repo)) return begin_anew(attempt);
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
  std::vector grants = {
      new_grant(REPOLOCK_OK)};  // before it counts as answered: memory may run out
  grants[0].fence = lease->fence;
  grants[0].previous = lease->previous;
  grants[0].valid_until_ms = lease->until_ms;
  if (take(request)) host_.answer(request, grants);
}

Failure Client::too_few(const Attempt &attempt) const {
  Failures failures;
  for (const Attempt::Part &part : attempt.parts)
    if (part.vote.kind == Vote::Kind::kFailed) failures.add(*part.failure);
  return failures.sum(servers_.size(), quorum());
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
