#include "lock_service.h"

#include <algorithm>
#include <iterator>

#include "connection.h"
#include "run.h"

namespace repolock::sim {

using core::BackendAnswer;
using core::BackendRequest;
using core::Claim;
using core::Grant;
using core::LossReason;
using core::Previous;
using core::Status;
using core::Verb;

namespace {

BackendAnswer only(Status status, core::Rows rows = {}) {
  BackendAnswer answer;
  answer.status = status;
  answer.rows = std::move(rows);
  return answer;
}

Grant plain(Status status) {
  Grant grant;
  grant.status = status;
  return grant;
}

}  // namespace

std::unique_ptr<Link> LockService::connect(Run &run, Host &client) {
  return std::make_unique<Connection>(run, *this, client);
}

// ---- The rules, each of which some mutant breaks ----

bool LockService::admits(const Name &name, const Place &place) const {
  return name.holders.empty() || (place.shared && name.holders.front().shared);
}

uint64_t LockService::next_fence(const Name &name, const Place &place) const {
  return place.shared && name.fence != 0 ? name.fence : name.fence + 1;
}

Millis LockService::end_of(const Place &place) const {
  return traits_.kind == Traits::Kind::kFiles ? kForever : now() + place.ttl;
}

Grant LockService::extend(Name &name, const Claim &claim) {
  Place *place = find(name.holders, claim.lease_id);
  if (place == nullptr) return lost(name, claim.lease_id);
  place->ttl = claim.ttl;
  place->end = end_of(*place);
  Grant grant = plain(Status::kOk);
  grant.fence = place->fence;
  grant.valid_until = place->end;
  return grant;
}

Grant LockService::release(Name &name, const Claim &claim) {
  const auto is_it = [&](const Place &place) { return place.lease_id == claim.lease_id; };
  const auto waiter = std::find_if(name.queue.begin(), name.queue.end(), is_it);
  if (waiter != name.queue.end()) {
    if (waiter->from != nullptr) waiter->from->answer(waiter->request, only(Status::kCanceled));
    name.queue.erase(waiter);
    return plain(Status::kOk);
  }
  const auto holder = std::find_if(name.holders.begin(), name.holders.end(), is_it);
  if (holder == name.holders.end()) return lost(name, claim.lease_id);
  end(name, holder, claim.ended);
  return plain(Status::kOk);
}

void LockService::settle(Name &name) {
  for (auto holder = name.holders.begin(); holder != name.holders.end();) {
    const auto next = std::next(holder);
    if (holder->end <= now()) end(name, holder, Previous::kExpired);
    holder = next;
  }
  for (auto waiter = name.queue.begin(); waiter != name.queue.end();) {
    const bool late = waiter->deadline < now();
    if (late && waiter->from != nullptr)
      waiter->from->answer(waiter->request, only(Status::kTimeout, rows(name)));
    waiter = late ? name.queue.erase(waiter) : std::next(waiter);
  }
  while (!name.queue.empty() && admits(name, name.queue.front())) grant(name);
  size_t place = 0;
  for (auto waiter = name.queue.begin(); waiter != name.queue.end();) {
    if (!waiter->patient) {
      waiter->from->answer(waiter->request, only(Status::kHeld, rows(name)));
      waiter = name.queue.erase(waiter);
      continue;
    }
    ++place;
    if (std::exchange(waiter->told_place, place) != place) {
      core::Rows told = rows(name);
      core::Row itself;
      itself.kind = core::RowKind::kWaiter;
      itself.repo = name.repo;
      itself.place = static_cast<int64_t>(place);
      told.push_back(itself);
      waiter->from->waiting(waiter->request, std::move(told));
    }
    ++waiter;
  }
  look_again(name);
}

// ---- The verbs ----

void LockService::execute(Subscriber &from, const BackendRequest &request) {
  if (request.verb == Verb::kAcquire) return acquire(from, request);
  BackendAnswer answer = request.deadline < now() ? only(Status::kTimeout) : answer_to(request);
  from.answer(request.id, std::move(answer));
  for (const Claim &claim : request.claims) settle(name(claim.repo));
}

void LockService::acquire(Subscriber &from, const BackendRequest &request) {
  const Claim &claim = request.claims.front();
  Name &wanted = name(claim.repo);
  settle(wanted);
  Place place;
  place.lease_id = claim.lease_id;
  place.from = &from;
  place.request = request.id;
  place.shared = claim.shared;
  place.patient = request.wait;
  place.ttl = claim.ttl;
  place.deadline = request.deadline;
  wanted.queue.push_back(std::move(place));
  settle(wanted);
}

BackendAnswer LockService::answer_to(const BackendRequest &request) {
  BackendAnswer answer = only(Status::kOk);
  if (request.claims.empty())  // of all
    for (const auto &[repo, name] : names_)
      for (core::Row &row : rows(name)) answer.rows.push_back(std::move(row));
  for (const Claim &claim : request.claims) {
    Name &asked = name(claim.repo);
    settle(asked);
    switch (request.verb) {
      case Verb::kExtend:
        answer.grants.push_back(extend(asked, claim));
        break;
      case Verb::kRelease:
        answer.grants.push_back(release(asked, claim));
        break;
      case Verb::kBreak: {
        const bool holds = find(asked.holders, claim.lease_id) != nullptr;
        if (holds) take_away(claim.repo, claim.lease_id, LossReason::kBroken);
        answer.grants.push_back(holds ? plain(Status::kOk) : lost(asked, claim.lease_id));
        break;
      }
      default:
        answer.rows = rows(asked);
    }
  }
  return answer;
}

void LockService::cancel(const Subscriber &from, uint64_t request) {
  for (auto &[repo, name] : names_) {
    const auto found = std::find_if(name.queue.begin(), name.queue.end(), [&](const Place &place) {
      return place.from == &from && place.request == request;
    });
    if (found == name.queue.end()) continue;
    Subscriber *told = found->from;
    name.queue.erase(found);
    told->answer(request, only(Status::kCanceled));
    return settle(name);
  }
}

void LockService::unsubscribe(Subscriber &subscriber) {
  std::erase(subscribers_, &subscriber);
  for (auto &[repo, name] : names_) {
    name.queue.remove_if([&](const Place &place) { return place.from == &subscriber; });
    for (auto holder = name.holders.begin(); holder != name.holders.end();) {
      const auto next = std::next(holder);
      if (holder->from == &subscriber) {
        holder->from = nullptr;
        if (holder->end == kForever) end(name, holder, Previous::kCrashed);
      }
      holder = next;
    }
    settle(name);
  }
}

// ---- Trouble ----

void LockService::suffer(Run &run) {
  if (run.random.percent(run.traits.chances.taken_away))
    if (const auto [repo, lease_id] = any_holder(run.random); !repo.empty())
      take_away(repo, lease_id, run.random.of({LossReason::kBroken, LossReason::kStolen}));
  if (run.random.percent(run.traits.chances.data_lost))
    lose_data(repo_name(run.random.below(run.traits.names)));
}

void LockService::take_away(const std::string &repo, const std::string &lease_id,
                            LossReason reason) {
  Name &from = name(repo);
  const auto holder = std::find_if(from.holders.begin(), from.holders.end(),
                                   [&](const Place &place) { return place.lease_id == lease_id; });
  if (holder == from.holders.end()) return;
  Subscriber *told = holder->from;
  taken_away_.emplace(std::make_pair(repo, lease_id), reason);
  end(from, holder, Previous::kBroken);
  if (told != nullptr) told->revoked(repo, lease_id, reason);
  settle(from);
}

// A server that comes back empty: nobody is told, but those who wait cannot be served.
void LockService::lose_data(const std::string &repo) {
  Name &lost = name(repo);
  for (const Place &place : lost.holders)
    taken_away_.emplace(std::make_pair(repo, place.lease_id), LossReason::kDataLost);
  lost.holders.clear();
  lost.previous = Previous::kNone;
  for (const Place &place : std::exchange(lost.queue, {}))
    place.from->answer(place.request, only(Status::kUnknown));
}

// ---- Within ----

LockService::Name &LockService::name(const std::string &repo) {
  const auto [found, fresh] = names_.try_emplace(repo);
  if (fresh) found->second.repo = repo;
  return found->second;
}

void LockService::grant(Name &name) {
  Place &place = name.queue.front();
  place.fence = next_fence(name, place);
  name.fence = std::max(name.fence, place.fence);
  place.end = end_of(place);
  name.holders.splice(name.holders.end(), name.queue, name.queue.begin());
  Grant grant = plain(Status::kOk);
  grant.fence = place.fence;
  grant.previous = name.previous;
  grant.valid_until = place.end;
  BackendAnswer answer = only(Status::kOk);
  answer.grants.push_back(std::move(grant));
  place.from->answer(place.request, std::move(answer));
}

void LockService::end(Name &name, Places::iterator holder, Previous previous) {
  name.holders.erase(holder);
  name.previous = previous;
  for (Place &waiter : name.queue) waiter.told_place = 0;  // its holder has changed
  if (traits_.wakes && previous != Previous::kExpired) free_for_others(name);
}

void LockService::free_for_others(const Name &name) {
  for (Subscriber *subscriber : subscribers_) subscriber->wake(name.repo);
}

// While somebody waits, at the next moment when something ends by itself.
void LockService::look_again(Name &name) {
  if (name.queue.empty()) return;
  Millis next = kForever;
  for (const Place &holder : name.holders) next = std::min(next, holder.end);
  for (const Place &waiter : name.queue) next = std::min(next, core::after(waiter.deadline, 1));
  const bool is_planned = name.look_at > now() && name.look_at <= next;
  if (next == kForever || (is_planned && name.look_at != kForever)) return;
  name.look_at = next;
  schedule_.at(next, [this, repo = name.repo] { settle(this->name(repo)); });
}

Grant LockService::lost(const Name &name, const std::string &lease_id) const {
  Grant grant = plain(Status::kLost);
  const auto found = taken_away_.find({name.repo, lease_id});
  grant.reason = found == taken_away_.end() ? LossReason::kExpired : found->second;
  return grant;
}

LockService::Place *LockService::find(Places &places, const std::string &lease_id) {
  const auto found = std::find_if(places.begin(), places.end(),
                                  [&](const Place &place) { return place.lease_id == lease_id; });
  return found == places.end() ? nullptr : &*found;
}

core::Rows LockService::rows(const Name &name) const {
  core::Rows all;
  for (const Place &place : name.holders) {
    core::Row row;
    row.repo = name.repo;
    row.lease_id = place.lease_id;
    row.fence = static_cast<int64_t>(place.fence);
    row.shared = place.shared ? 1 : 0;
    row.remaining_ms = place.end == kForever ? kForever : place.end - now();
    all.push_back(std::move(row));
  }
  return all;
}

// ---- The truth ----

Millis LockService::end_of_lease(const std::string &repo, const std::string &lease_id) const {
  const auto found = names_.find(repo);
  if (found == names_.end()) return 0;
  for (const Place &place : found->second.holders)
    if (place.lease_id == lease_id) return place.end;
  return 0;
}

std::pair<std::string, std::string> LockService::any_holder(Random &random) const {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto &[repo, name] : names_)
    for (const Place &place : name.holders) all.emplace_back(repo, place.lease_id);
  if (all.empty()) return {};
  return random.of(all);
}

bool LockService::knows(const Subscriber &subscriber) const {
  const auto is_its = [&](const Place &place) { return place.from == &subscriber; };
  return std::any_of(names_.begin(), names_.end(), [&](const auto &entry) {
    const auto &[repo, name] = entry;
    return std::any_of(name.holders.begin(), name.holders.end(), is_its) ||
           std::any_of(name.queue.begin(), name.queue.end(), is_its);
  });
}

}  // namespace repolock::sim
