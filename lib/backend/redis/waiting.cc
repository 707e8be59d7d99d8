// waiting.cc - while an attempt stands in the queue. Messages are hints: README.md tells why none is
// needed.
#include <algorithm>
#include <utility>

#include "backend/redis/client.h"

namespace repolock::backend::redis {

namespace {

bool is_asking(const Attempt &attempt) {
  return std::ranges::any_of(attempt.parts, &Attempt::Part::is_asking);
}

bool is_foreign(const std::string &holder) {
  return !holder.empty() && !read_lease_record(holder);
}

// No message tells of the end of another library's lock, and its own waiters ask about as often.
int64_t foreign_pause_ms(const Host &host) {
  constexpr int64_t kLeast = 100, kJitter = 200;
  return kLeast + static_cast<int64_t>(host.random_number() % kJitter);
}

}  // namespace

void Client::stand_in_queue(Attempt &attempt) {
  attempt.phase = Attempt::Phase::kQueued;
  attempt.retries = 0;
  for (size_t i = 0; i < servers_.size(); ++i)
    if (i != attempt.gate) let_go(attempt, i);
  set_timer(attempt);
  beat_within(kBeatMs);
}

// Only the head of a queue asks by itself.
void Client::set_timer(Attempt &attempt) {
  constexpr int kMostDoublings = 7;
  int64_t at = attempt.deadline_ms;
  if (attempt.phase == Attempt::Phase::kQueued && attempt.place == 1) {
    const int64_t left = attempt.holder_left <= 0 ? kHeadAsksMs : attempt.holder_left + 1;
    const int64_t most = is_foreign(attempt.holder) ? foreign_pause_ms(host_) : kHeadAsksMs;
    at = std::min(at, host_.now() + std::min(left, most));
  }
  if (attempt.phase == Attempt::Phase::kGathering) {  // full jitter: there may be two of them
    const int64_t most = int64_t{4} << std::min(attempt.retries, kMostDoublings);
    const auto pause = static_cast<int64_t>(host_.random_number() % static_cast<uint64_t>(most));
    at = std::min(at, host_.now() + 1 + pause);
  }
  attempt.timer.set(at);
}

void Client::attempt_due(Attempt &attempt) {
  const bool is_over = host_.now() >= attempt.deadline_ms;
  // No word from anybody yet: whatever comes says more than that the wait is over.
  if (is_over && attempt.holder.empty() && is_asking(attempt)) return attempt.timer.set(INT64_MAX);
  if (is_over)
    return refuse(attempt, {REPOLOCK_E_TIMEOUT, attempt.lease->repo + " was not free in time"});
  if (attempt.writes_at != 0 && attempt.phase != Attempt::Phase::kWriting) {
    attempt.timer.set(std::min(attempt.deadline_ms, host_.now() + kHeadAsksMs));
    return settle(attempt);
  }
  if (attempt.phase == Attempt::Phase::kGathering) {
    const bool has_lost_its_gate = attempt.parts[attempt.gate].vote.kind == Vote::Kind::kFailed;
    return has_lost_its_gate ? begin_anew(attempt) : ask_the_rest(attempt);
  }
  attempt.timer.set(std::min(attempt.deadline_ms, host_.now() + kHeadAsksMs));
  if (attempt.phase == Attempt::Phase::kQueued && !attempt.parts[attempt.gate].is_asking)
    ask(attempt, attempt.gate);
}

// What was granted long ago is kept; those who refused, or have come back, are asked again.
void Client::ask_the_rest(Attempt &attempt) {
  const uint64_t request = attempt.request;
  const LeasePtr lease = attempt.lease;
  attempt.timer.set(std::min(attempt.deadline_ms, host_.now() + kHeadAsksMs));
  for (size_t i = 0; i < servers_.size(); ++i) {
    Attempt *still = find(request, lease);
    if (still == nullptr || still->phase != Attempt::Phase::kGathering) return;
    const Attempt::Part &part = still->parts[i];
    const bool is_granted = part.vote.kind == Vote::Kind::kGranted;
    if (is_granted && part.vote.sent_ms + lease->ttl_ms / 3 < host_.now())
      keep(*still, i, part.vote.fence, "renew");
    else if (!is_granted && part.vote.kind != Vote::Kind::kAsked && server(i).node().votes())
      ask(*still, i);
  }
}

// ---- What the server tells ----

// What was told meanwhile was not heard.
void Client::subscribed(Server &server) {
  beat(server);
  look_for_breaks(server);
}

void Client::told(Server &server, const std::string &text) {
  std::string_view lines = text;
  while (!lines.empty()) {
    const size_t end = lines.find('\n');
    told_line(server, lines.substr(0, end));
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
  }
}

void Client::told_line(const Server &server, std::string_view line) {
  const std::string_view word = take_word(&line);
  const std::string_view who = take_word(&line);
  if (word == "broken") return broken(who);
  const auto found = attempt_by_id_.find(std::string(who.substr(0, who.find(':'))));
  if (found == attempt_by_id_.end()) return;
  Attempt &attempt = *attempts_.at(found->second);
  if (attempt.phase != Attempt::Phase::kQueued || attempt.gate != server.index()) return;
  if (word == "head" && attempt.place != 1) {
    attempt.place = 1;
    attempt.holder.clear();  // another one by now, whom the next answer names
    attempt.reader.clear();
    attempt.holder_left = 0;
    set_timer(attempt);
    tell_place(attempt);
  }
  if (word != "grant" || who != attempt.lease->id_and_att()) return;
  const auto fence = static_cast<uint64_t>(number_of(take_word(&line)).value_or(0));
  if (fence == 0) return;
  attempt.lease->previous = static_cast<int32_t>(number_of(take_word(&line)).value_or(0));
  attempt.parts[attempt.gate].granted = fence;
  attempt.parts[attempt.gate].found = "-";
  if (servers_.size() > 1) return gather(attempt);
  attempt.phase = Attempt::Phase::kGathering;
  keep(attempt, attempt.gate, fence, "renew");  // until then it is a claim
}

// ---- The beat: one for all who wait ----

void Client::beat_within(int64_t ms) {
  const int64_t at = host_.now() + ms;
  if (at >= beat_at_) return;
  beat_at_ = at;
  beat_timer_.set(at);
}

void Client::beat() {
  for (const auto &server : servers_) beat(*server);
}

void Client::beat(Server &server) {
  constexpr size_t kNamesPerBeat = 100, kWaitersPerBeat = 1000;
  std::map<std::string, std::vector<uint64_t>> waiting;  // by name
  for (const auto &[request, attempt] : attempts_)
    if (attempt->phase == Attempt::Phase::kQueued && attempt->gate == server.index())
      waiting[attempt->lease->repo].push_back(request);
  if (waiting.empty()) return;
  beat_within(kBeatMs);
  server.subscriber().ping();
  auto next = waiting.begin();
  while (next != waiting.end()) {
    std::vector<std::string> keys, args;
    std::vector<std::vector<uint64_t>> requests;
    size_t waiters = 0;
    for (; next != waiting.end() && requests.size() < kNamesPerBeat && waiters < kWaitersPerBeat;
         ++next) {
      const auto all = settings_.keys.of(next->first).all();
      keys.insert(keys.end(), all.begin(), all.end());
      args.push_back(std::to_string(next->second.size()));
      for (const uint64_t request : next->second) args.push_back(attempts_.at(request)->lease->id);
      waiters += next->second.size();
      requests.push_back(std::move(next->second));
    }
    server.node().run(
        {&script::kBeat, std::move(keys), [args] { return std::optional(args); }, true,
         [this, &server, requests](const Outcome &outcome) { beaten(server, requests, outcome); }});
  }
}

void Client::beaten(const Server &server, const std::vector<std::vector<uint64_t>> &requests,
                    const Outcome &outcome) {
  if (outcome.failure) return;
  const auto &names = outcome.reply.elements;
  for (size_t i = 0; i < requests.size() && i + 2 < names.size(); ++i)
    for (size_t n = 0; n < requests[i].size() && n + 2 < names[i + 2].elements.size(); ++n) {
      const auto found = attempts_.find(requests[i][n]);
      if (found == attempts_.end()) continue;
      Attempt &attempt = *found->second;
      const bool is_here =
          attempt.phase == Attempt::Phase::kQueued && attempt.gate == server.index();
      if (!is_here || attempt.parts[attempt.gate].is_asking) continue;
      hear_place(attempt, names[1].integer, names[i + 2], names[i + 2].number_at(n + 2));
    }
}

// name: what the beat says of its name.
void Client::hear_place(Attempt &attempt, int64_t server_now, const Reply &name, int64_t place) {
  if (place == 0) return ask(attempt, attempt.gate);  // granted, or dropped
  const bool has_moved = place != attempt.place;
  const bool is_other = !name.text_at(0).empty() && name.text_at(0) != attempt.holder;
  if (is_other) {
    attempt.holder = name.text_at(0);
    attempt.reader.clear();
    attempt.holder_fence = -1;
  }
  attempt.place = place;
  attempt.holder_left = name.number_at(1);
  attempt.told_ms = server_now;
  if (has_moved) set_timer(attempt);
  if (has_moved || is_other) tell_place(attempt);
}

// ---- What the library is told ----

void Client::add_rows(const Attempt &attempt, Rows *rows) const {
  const Lease &lease = *attempt.lease;
  const auto reader = read_waiter_record(attempt.holder, attempt.reader);
  if (reader && !attempt.reader.empty())
    rows->add_holder(lease.repo, *reader, true, attempt.holder_fence, attempt.told_ms,
                     attempt.holder_left);
  else if (const auto holder = read_lease_record(attempt.holder))
    rows->add_holder(lease.repo, *holder, false, attempt.holder_fence, attempt.told_ms,
                     attempt.holder_left);
  else if (!attempt.holder.empty())
    rows->add_foreign(lease.repo, attempt.holder, attempt.holder_left);
  if (attempt.place == 0) return;
  if (const auto self = read_lease_record(lease.id_and_att() + " 0 - " + lease.owner))
    rows->add_waiter(lease.repo, *self, lease.shared, attempt.place,
                     host_.now() - attempt.began_ms);
}

// What each of them answered; of a single server only what went wrong.
void Client::add_nodes(const Attempt &attempt, Rows *rows) const {
  for (size_t i = 0; i < servers_.size(); ++i) {
    const Attempt::Part &part = attempt.parts[i];
    const std::string &name = server(i).name();
    if (part.vote.kind == Vote::Kind::kFailed)
      rows->add_node(name, status_word(part.failure->status), part.failure->message);
    else if (servers_.size() == 1)
      continue;
    else if (part.vote.kind == Vote::Kind::kGranted)
      rows->add_node(name, "OK", "granted it");
    else if (part.vote.kind == Vote::Kind::kRefused)
      rows->add_node(name, "E_HELD", part.refused);
  }
}

void Client::tell_place(const Attempt &attempt) {
  Rows rows(settings_.lock_delay_ms);
  add_rows(attempt, &rows);
  host_.waiting(attempt.request, rows.rows());
}

}  // namespace repolock::backend::redis
