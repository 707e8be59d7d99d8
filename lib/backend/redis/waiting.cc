// waiting.cc - while an attempt stands in the queue. Messages are hints: README.md tells why none is
// needed.
#include <algorithm>
#include <utility>

#include "backend/redis/client.h"

namespace repolock::backend::redis {

// Only the head of a queue asks by itself.
void Client::set_timer(Attempt &attempt) {
  int64_t at = attempt.deadline_ms;
  if (attempt.phase == Attempt::Phase::kQueued && attempt.place == 1) {
    const int64_t left = attempt.holder_left <= 0 ? kHeadAsksMs : attempt.holder_left + 1;
    at = std::min(at, host_.now() + std::min(left, kHeadAsksMs));
  }
  attempt.timer.set(at);
}

void Client::attempt_due(Attempt &attempt) {
  if (host_.now() >= attempt.deadline_ms)
    return give_up(attempt, {REPOLOCK_E_TIMEOUT, attempt.lease->repo + " was not free in time"});
  attempt.timer.set(std::min(attempt.deadline_ms, host_.now() + kHeadAsksMs));
  if (attempt.phase == Attempt::Phase::kQueued && !attempt.is_asking) ask(attempt);
}

// ---- What the server tells ----

void Client::subscribed() {
  for (const auto &[request, attempt] : attempts_)
    if (attempt->phase == Attempt::Phase::kQueued) return beat();
}

void Client::told(const std::string &text) {
  std::string_view lines = text;
  while (!lines.empty()) {
    const size_t end = lines.find('\n');
    told_line(lines.substr(0, end));
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
  }
}

Attempt *Client::waiter(std::string_view id) {
  const auto found = attempt_by_id_.find(std::string(id));
  return found == attempt_by_id_.end() ? nullptr : attempts_.at(found->second).get();
}

void Client::told_line(std::string_view line) {
  const std::string_view word = take_word(&line);
  const std::string_view who = take_word(&line);
  if (word == "broken") return broken(who);
  Attempt *attempt = waiter(who.substr(0, who.find(':')));
  if (attempt == nullptr || attempt->phase == Attempt::Phase::kConfirming) return;
  if (word == "head" && attempt->phase == Attempt::Phase::kQueued && attempt->place != 1) {
    attempt->place = 1;
    attempt->holder.clear();  // another one by now, whom the next answer names
    attempt->reader.clear();
    attempt->holder_left = 0;
    set_timer(*attempt);
    tell_place(*attempt);
  }
  if (word == "grant" && who == attempt->lease->id_and_att()) {
    attempt->lease->fence = static_cast<uint64_t>(number_of(take_word(&line)).value_or(0));
    attempt->lease->previous = static_cast<int32_t>(number_of(take_word(&line)).value_or(0));
    if (attempt->lease->fence > 0) confirm(*attempt);
  }
}

// ---- The beat: one for all who wait ----

void Client::beat_within(int64_t ms) {
  const int64_t at = host_.now() + ms;
  if (at >= beat_at_) return;
  beat_at_ = at;
  beat_timer_.set(at);
}

void Client::beat() {
  constexpr size_t kNamesPerBeat = 100, kWaitersPerBeat = 1000;
  std::map<std::string, std::vector<uint64_t>> waiting;  // by name
  for (const auto &[request, attempt] : attempts_)
    if (attempt->phase == Attempt::Phase::kQueued) waiting[attempt->lease->repo].push_back(request);
  if (waiting.empty()) return;
  beat_within(kBeatMs);
  subscriber_.ping();
  auto next = waiting.begin();
  while (next != waiting.end()) {
    std::vector<std::string> keys, args;
    std::vector<std::vector<uint64_t>> requests;
    size_t waiters = 0;
    for (; next != waiting.end() && requests.size() < kNamesPerBeat && waiters < kWaitersPerBeat;
         ++next) {
      const auto all = Keys(settings_.prefix, next->first).all();
      keys.insert(keys.end(), all.begin(), all.end());
      args.push_back(std::to_string(next->second.size()));
      for (const uint64_t request : next->second) args.push_back(attempts_.at(request)->lease->id);
      waiters += next->second.size();
      requests.push_back(std::move(next->second));
    }
    node_.run({&script::kBeat, std::move(keys), [args] { return std::optional(args); }, true,
               [this, requests](const Outcome &outcome) { beaten(requests, outcome); }});
  }
}

void Client::beaten(const std::vector<std::vector<uint64_t>> &requests, const Outcome &outcome) {
  if (outcome.failure) return;
  const auto &names = outcome.reply.elements;
  for (size_t i = 0; i < requests.size() && i + 2 < names.size(); ++i) {
    const auto &told = names[i + 2].elements;
    for (size_t n = 0; n < requests[i].size() && n + 2 < told.size(); ++n) {
      const auto found = attempts_.find(requests[i][n]);
      if (found == attempts_.end()) continue;
      Attempt &attempt = *found->second;
      if (attempt.phase != Attempt::Phase::kQueued || attempt.is_asking) continue;
      const int64_t place = told[n + 2].integer;
      if (place == 0) {  // granted, or dropped
        ask(attempt);
        continue;
      }
      const bool has_moved = place != attempt.place;
      const bool is_other = told[0].text != attempt.holder && !told[0].text.empty();
      if (is_other) attempt.holder_fence = -1;
      if (is_other) attempt.holder = told[0].text;
      attempt.place = place;
      attempt.holder_left = told[1].integer;
      attempt.told_ms = names[1].integer;
      if (has_moved) set_timer(attempt);
      if (has_moved || is_other) tell_place(attempt);
    }
  }
}

// ---- What the library is told ----

Rows &Client::add_rows(const Attempt &attempt, Rows *rows) const {
  const Lease &lease = *attempt.lease;
  if (const auto record = read_waiter_record(attempt.holder, attempt.reader);
      record && !attempt.reader.empty())
    rows->add_holder(lease.repo, *record, true, attempt.holder_fence, attempt.told_ms,
                     attempt.holder_left);
  else if (const auto holder = read_lease_record(attempt.holder))
    rows->add_holder(lease.repo, *holder, false, attempt.holder_fence, attempt.told_ms,
                     attempt.holder_left);
  else if (!attempt.holder.empty())
    rows->add_foreign(lease.repo, attempt.holder, attempt.holder_left);
  if (attempt.place > 0)
    if (const auto self = read_lease_record(lease.id_and_att() + " 0 - " + lease.owner))
      rows->add_waiter(lease.repo, *self, lease.shared, attempt.place,
                       host_.now() - attempt.began_ms);
  return *rows;
}

void Client::tell_place(const Attempt &attempt) {
  Rows rows;
  host_.waiting(attempt.request, add_rows(attempt, &rows).rows());
}

}  // namespace repolock::backend::redis
