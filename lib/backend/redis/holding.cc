// holding.cc - what is held is kept: many leases in one call to each server.
#include <algorithm>
#include <utility>

#include "backend/redis/batch.h"
#include "backend/redis/client.h"
#include "backend/redis/failures.h"

namespace repolock::backend::redis {

struct Loss {
  int32_t reason;
  std::string message;
};

namespace {

// "job-17", or as much as is known of whoever has that record.
std::string holder_in(std::string_view text) {
  const auto record = read_lease_record(text);
  if (!record) return "another program";
  if (!record->owner.holder.empty()) return record->owner.holder;
  return "process " + std::to_string(record->owner.pid) + " on " + record->owner.host;
}

// Why HOLD, or SHARE, refused a lease.
Loss loss_of(const Reply &refusal) {
  const bool is_of_share = refusal.elements.empty();
  const std::string_view word = is_of_share ? refusal.text : refusal.text_at(0);
  if (word == "HELD")
    return {REPOLOCK_LOST_STOLEN,
            "it ran out, and " + holder_in(refusal.text_at(2)) + " has it since"};
  if (word == "PASSED") {
    const auto record = read_fence_record(refusal.text_at(1));
    if (record && record->state == 'o' && record->previous == REPOLOCK_PREVIOUS_BROKEN)
      return {REPOLOCK_LOST_BROKEN, "it was broken"};
    return {REPOLOCK_LOST_EXPIRED, "it ran out, and somebody else had it since"};
  }
  if (word == "FREE") return {REPOLOCK_LOST_EXPIRED, "it ran out at the server"};
  if (word == "MISSING" && is_of_share)
    return {REPOLOCK_LOST_EXPIRED, "it ran out at the server, or was broken"};
  if (word == "MISSING") return {REPOLOCK_LOST_DATA, "the server has lost its fence"};
  if (word == "FLOOR")
    return {REPOLOCK_LOST_DATA, "the server was restarted since, and let in anew"};
  if (word == "TYPE") return {REPOLOCK_LOST_DATA, "another program has written over its keys"};
  return {REPOLOCK_LOST_DATA, "the server refused it: " + std::string(word.substr(0, 20))};
}

}  // namespace

// Leases of one kind on their way to all servers, and what these have said of each so far.
struct Client::Renewal {
  struct Tally {
    size_t confirmed = 0, refused = 0;
    int64_t since_ms = INT64_MAX;  // of those that confirmed, the first that was asked
    Loss loss{};
    bool is_decided = false;
  };

  std::shared_ptr<Batch> batch;
  std::vector<size_t> places;  // of the leases, in the batch
  std::vector<LeasePtr> leases;
  std::vector<int64_t> ttls;
  std::vector<Tally> tallies;
  Failures failures;  // of servers, which say the same of all of them
};

LeasePtr Client::held(const repolock_claim_t &claim) const {
  const auto found = held_.find(claim.lease_id);
  if (found == held_.end()) return nullptr;
  for (const LeasePtr &lease : found->second)
    if (lease->repo == claim.repo) return lease;
  return nullptr;
}

// Of a lease that its holder forgot nobody tells; long after its end it is forgotten here too.
void Client::remember(const LeasePtr &lease) {
  held_[lease->id].push_back(lease);
  if (held_.size() < forget_at_) return;
  const int64_t now = host_.now();
  for (auto &[id, leases] : held_)
    std::erase_if(leases,
                  [&](const LeasePtr &one) { return one->until_ms + settings_.cap_ms() < now; });
  std::erase_if(held_, [](const auto &entry) { return entry.second.empty(); });
  forget_at_ = 2 * held_.size() + 64;
}

void Client::answer_claim(const std::shared_ptr<Batch> &batch, size_t index, repolock_grant_t grant,
                          std::string message) {
  if (!batch->settle(index, grant, std::move(message))) return;
  const auto answers = batch->answers();
  if (take(batch->request)) host_.answer(batch->request, answers);
}

// All of them exclusive, or all of them shared.
Call Client::hold(const Server &server, const std::vector<LeasePtr> &leases,
                  const std::vector<int64_t> &ttls, const std::vector<uint64_t> &fences,
                  const char *mode, Connection::OnOutcome on_outcome) const {
  const bool shared = leases.front()->shared;
  std::vector<std::string> keys;
  for (const LeasePtr &lease : leases) {
    const Keys its = settings_.keys.of(lease->repo);
    if (shared)
      keys.insert(keys.end(), {its.waiters, its.readers});
    else
      keys.insert(keys.end(), {its.lock, its.fence});
  }
  const auto args = [this, &server, leases, ttls, fences, mode, shared] {
    std::vector<std::string> words = {std::to_string(server.node().deadline())};
    if (!shared) words.emplace_back(settings_.keys.is_shared_with_others() ? "stay" : mode);
    for (size_t i = 0; i < leases.size(); ++i) {
      const Lease &lease = *leases[i];
      words.insert(words.end(), {lease.id_and_att(), std::to_string(fences[i]),
                                 std::to_string(ttls[i] + settings_.lock_delay_ms)});
      if (!shared)
        words.push_back(std::to_string(lease.since) + ' ' + channel_ + ' ' + lease.owner);
    }
    return std::optional(std::move(words));
  };
  return {shared ? &script::kShare : &script::kHold, std::move(keys), args, true,
          std::move(on_outcome)};
}

void Client::extend(const repolock_backend_request_t &sent) {
  auto batch = std::make_shared<Batch>(sent.id, sent.claim_count);
  std::shared_ptr<Renewal> renewals[2];  // exclusive, shared
  for (auto &renewal : renewals) {
    renewal = std::make_shared<Renewal>();
    renewal->batch = batch;
  }
  for (size_t i = 0; i < sent.claim_count; ++i) {
    const repolock_claim_t &claim = claim_at(sent, i);
    const LeasePtr lease = held(claim);
    if (lease == nullptr) {
      answer_claim(batch, i, lost_grant(REPOLOCK_LOST_EXPIRED), "this client does not hold it");
      continue;
    }
    Renewal &renewal = *renewals[lease->shared ? 1 : 0];
    renewal.places.push_back(i);
    renewal.leases.push_back(lease);
    renewal.ttls.push_back(claim.ttl_ms);
    renewal.tallies.emplace_back();
  }
  for (const auto &renewal : renewals) {
    if (renewal->leases.empty()) continue;
    std::vector<uint64_t> fences;
    for (const LeasePtr &lease : renewal->leases) fences.push_back(lease->fence);
    for (const auto &server : servers_)
      server->node().run(hold(*server, renewal->leases, renewal->ttls, fences, "renew",
                              [this, renewal, &server = *server](const Outcome &outcome) {
                                extended(renewal, server, outcome);
                              }));
  }
}

// What one server says of all of them. Each is decided as soon as that is certain.
void Client::extended(const std::shared_ptr<Renewal> &renewal, const Server &server,
                      const Outcome &outcome) {
  const Reply &reply = outcome.reply;
  Fault failure = outcome.failure;
  if (!failure && (reply.text_at(0) != "OK" || reply.elements.size() < renewal->leases.size() + 2))
    failure = Failure{REPOLOCK_E_UNAVAILABLE, server.name() + " had it too late: its clock moves"};
  if (failure) renewal->failures.add(*failure);
  for (size_t i = 0; i < renewal->leases.size(); ++i) {
    Renewal::Tally &tally = renewal->tallies[i];
    if (!failure && reply.text_at(i + 2) == "OK") {
      ++tally.confirmed;
      tally.since_ms = std::min(tally.since_ms, outcome.sent_ms);
    } else if (!failure) {
      ++tally.refused;
      tally.loss = loss_of(reply.elements[i + 2]);
    }
    if (tally.is_decided) continue;
    const Lease &lease = *renewal->leases[i];
    tally.is_decided = true;
    if (tally.confirmed >= quorum()) {
      repolock_grant_t grant = new_grant(REPOLOCK_OK);
      grant.valid_until_ms = valid_until(tally.since_ms, renewal->ttls[i]);
      renewal->leases[i]->until_ms = std::max(lease.until_ms, grant.valid_until_ms);
      answer_claim(renewal->batch, renewal->places[i], grant, "");
    } else if (tally.refused > servers_.size() - quorum()) {
      answer_claim(renewal->batch, renewal->places[i], lost_grant(tally.loss.reason),
                   lease.repo + ": " + tally.loss.message);
    } else if (tally.refused + renewal->failures.count() > servers_.size() - quorum()) {
      Failure why = renewal->failures.sum(servers_.size(), quorum());
      if (tally.refused > 0) why.message += "; another one: " + tally.loss.message;
      answer_claim(renewal->batch, renewal->places[i], new_grant(why.status), why.message);
    } else {
      tally.is_decided = false;
    }
  }
}

}  // namespace repolock::backend::redis
