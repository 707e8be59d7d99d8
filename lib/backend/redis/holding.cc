// holding.cc - what is held is kept, let go of, and taken away.
#include <algorithm>
#include <utility>

#include "backend/redis/client.h"

namespace repolock::backend::redis {

namespace {

constexpr size_t kMostOrphans = 10'000;

repolock_grant_t lost(int32_t reason) {
  repolock_grant_t grant = new_grant(REPOLOCK_E_LOST);
  grant.reason = reason;
  return grant;
}

const repolock_claim_t &claim_at(const repolock_backend_request_t &sent, size_t index) {
  const auto *bytes = reinterpret_cast<const unsigned char *>(sent.claims);
  return *reinterpret_cast<const repolock_claim_t *>(bytes + index * sent.claims->struct_size);
}

// Why HOLD or SHARE refused a lease, and in words.
std::pair<int32_t, std::string> why_lost(const Reply &refusal) {
  const bool is_plain = refusal.elements.empty();
  const std::string &word = is_plain ? refusal.text : refusal.elements.front().text;
  const std::string fence = refusal.elements.size() > 1 ? refusal.elements[1].text : "";
  const std::string holder = refusal.elements.size() > 2 ? refusal.elements[2].text : "";
  if (word == "HELD") {
    const auto record = read_lease_record(holder);
    const std::string who =
        !record ? "another program"
        : !record->owner.holder.empty()
            ? record->owner.holder
            : "process " + std::to_string(record->owner.pid) + " on " + record->owner.host;
    return {REPOLOCK_LOST_STOLEN, "it ran out, and " + who + " has it since"};
  }
  if (word == "PASSED") {
    const auto record = read_fence_record(fence);
    if (record && record->state == 'o' && record->previous == REPOLOCK_PREVIOUS_BROKEN)
      return {REPOLOCK_LOST_BROKEN, "it was broken"};
    return {REPOLOCK_LOST_EXPIRED, "it ran out, and somebody else had it since"};
  }
  if (word == "FREE") return {REPOLOCK_LOST_EXPIRED, "it ran out at the server"};
  if (word == "MISSING" && is_plain)
    return {REPOLOCK_LOST_EXPIRED, "it ran out at the server, or was broken"};
  if (word == "MISSING") return {REPOLOCK_LOST_DATA, "the server has lost its fence"};
  if (word == "FLOOR")
    return {REPOLOCK_LOST_DATA, "the server was restarted since, and let in anew"};
  if (word == "TYPE") return {REPOLOCK_LOST_DATA, "another program has written over its keys"};
  return {REPOLOCK_LOST_DATA, "the server refused it: " + word.substr(0, 20)};
}

}  // namespace

Client::LeasePtr Client::held(const repolock_claim_t &claim) const {
  const auto found = held_.find(claim.lease_id);
  if (found == held_.end()) return nullptr;
  for (const LeasePtr &lease : found->second)
    if (lease->repo == claim.repo) return lease;
  return nullptr;
}

// Of a lease that its holder forgot nobody tells; long after its end it is forgotten here too.
void Client::keep(const LeasePtr &lease) {
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
  batch->grants[index] = grant;
  batch->messages[index] = std::move(message);
  if (--batch->unanswered > 0 || !take(batch->request)) return;
  for (size_t i = 0; i < batch->grants.size(); ++i)
    if (!batch->messages[i].empty()) batch->grants[i].message = batch->messages[i].c_str();
  host_.answer(batch->request, batch->grants);
}

// ---- Renewal and confirmation ----

// All of them exclusive, or all of them shared.
Node::Call Client::hold(const std::vector<LeasePtr> &leases, const std::vector<int64_t> &ttls,
                        Connection::OnOutcome on_outcome) const {
  const bool shared = leases.front()->shared;
  std::vector<std::string> keys;
  for (const LeasePtr &lease : leases) {
    const Keys its(settings_.prefix, lease->repo);
    if (shared)
      keys.insert(keys.end(), {its.waiters, its.readers});
    else
      keys.insert(keys.end(), {its.lock, its.fence});
  }
  const auto args = [this, leases, ttls, shared] {
    std::vector<std::string> words = {std::to_string(node_.deadline())};
    if (!shared) words.emplace_back("renew");
    for (size_t i = 0; i < leases.size(); ++i) {
      const Lease &lease = *leases[i];
      words.insert(words.end(), {lease.id_and_att(), std::to_string(lease.fence),
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
  const size_t count = sent.claim_count;
  auto batch = std::make_shared<Batch>(
      Batch{sent.id, std::vector<repolock_grant_t>(count), std::vector<std::string>(count), count});
  struct Part {
    std::vector<size_t> places;
    std::vector<LeasePtr> leases;
    std::vector<int64_t> ttls;
  } parts[2];
  for (size_t i = 0; i < count; ++i) {
    const repolock_claim_t &claim = claim_at(sent, i);
    const LeasePtr lease = held(claim);
    if (lease == nullptr) {
      answer_claim(batch, i, lost(REPOLOCK_LOST_EXPIRED), "this client does not hold it");
      continue;
    }
    Part &part = parts[lease->shared ? 1 : 0];
    part.places.push_back(i);
    part.leases.push_back(lease);
    part.ttls.push_back(claim.ttl_ms);
  }
  for (const Part &part : parts) {
    if (part.leases.empty()) continue;
    node_.run(hold(part.leases, part.ttls, [this, batch, part](const Outcome &outcome) {
      extended(batch, part.places, part.leases, part.ttls, outcome);
    }));
  }
}

void Client::extended(const std::shared_ptr<Batch> &batch, const std::vector<size_t> &places,
                      const std::vector<LeasePtr> &leases, const std::vector<int64_t> &ttls,
                      const Outcome &outcome) {
  const auto &elements = outcome.reply.elements;
  for (size_t i = 0; i < places.size(); ++i) {
    if (outcome.failure) {
      answer_claim(batch, places[i], new_grant(outcome.failure->status), outcome.failure->message);
    } else if (elements.front().text != "OK" || i + 2 >= elements.size()) {
      answer_claim(batch, places[i], new_grant(REPOLOCK_E_UNAVAILABLE),
                   node_.name() + " had it too late: its clock moves");
    } else if (elements[i + 2].text == "OK") {
      repolock_grant_t grant = new_grant(REPOLOCK_OK);
      grant.valid_until_ms = valid_until(outcome.sent_ms, ttls[i]);
      leases[i]->until_ms = std::max(leases[i]->until_ms, grant.valid_until_ms);
      answer_claim(batch, places[i], grant, "");
    } else {
      auto [reason, message] = why_lost(elements[i + 2]);
      answer_claim(batch, places[i], lost(reason), leases[i]->repo + ": " + message);
    }
  }
}

// ---- Release ----

void Client::release(const repolock_backend_request_t &sent) {
  const size_t count = sent.claim_count;
  auto batch = std::make_shared<Batch>(
      Batch{sent.id, std::vector<repolock_grant_t>(count), std::vector<std::string>(count), count});
  for (size_t i = 0; i < count; ++i) {
    const repolock_claim_t &claim = claim_at(sent, i);
    LeasePtr lease = held(claim);
    const bool was_held = lease != nullptr;
    if (was_held) {
      auto &all = held_[lease->id];
      std::erase(all, lease);
      if (all.empty()) held_.erase(lease->id);
    } else {  // an acquire of which nobody knows what became: all its rounds are over
      lease = std::make_shared<Lease>();
      lease->repo = claim.repo;
      lease->id = claim.lease_id;
      lease->shared = claim.shared != 0;
      lease->att = last_att_;
    }
    let_go(lease, was_held ? claim.ended : 0, "-",
           [this, batch, i, was_held](const Outcome &outcome) {
             if (outcome.failure)
               return answer_claim(batch, i, new_grant(outcome.failure->status),
                                   outcome.failure->message);
             const bool is_done =
                 outcome.reply.elements.size() > 1 && outcome.reply.elements[1].integer > 0;
             if (is_done || !was_held) return answer_claim(batch, i, new_grant(REPOLOCK_OK), "");
             answer_claim(batch, i, lost(REPOLOCK_LOST_EXPIRED),
                          "it had ended before, by its ttl or by a break");
           });
  }
}

void Client::let_go(const LeasePtr &lease, int32_t ended, const std::string &found,
                    std::function<void(const Outcome &)> on_outcome) {
  const Keys keys(settings_.prefix, lease->repo);
  const std::vector<std::string> args = {lease->id,
                                         std::to_string(lease->att),
                                         lease->shared ? "s" : "x",
                                         std::to_string(ended),
                                         std::to_string(lease->fence),
                                         found};
  const int64_t until = host_.now() + settings_.cap_ms();
  node_.run(
      {&script::kRel, keys.all(), [args] { return std::optional(args); }, false,
       [this, lease, ended, until, on_outcome = std::move(on_outcome)](const Outcome &outcome) {
         if (outcome.failure && host_.now() < until && orphans_.size() < kMostOrphans)
           orphans_.push_back({lease, ended, until});
         if (on_outcome) on_outcome(outcome);
       }});
}

void Client::let_go_of_orphans() {
  const int64_t now = host_.now();
  for (const Orphan &orphan : std::exchange(orphans_, {}))
    if (now < orphan.until_ms) let_go(orphan.lease, orphan.ended, "-", {});
}

// ---- Break ----

void Client::break_lease(const repolock_backend_request_t &sent) {
  const Keys keys(settings_.prefix, sent.claims[0].repo);
  const std::vector<std::string> args = {sent.claims[0].lease_id};
  node_.run({&script::kBreak, keys.all(), [args] { return std::optional(args); }, true,
             [this, request = sent.id](const Outcome &outcome) {
               if (outcome.failure) return fail(request, *outcome.failure);
               const bool is_done = outcome.reply.elements.front().text == "OK";
               if (take(request))
                 host_.answer(request,
                              {is_done ? new_grant(REPOLOCK_OK) : lost(REPOLOCK_LOST_EXPIRED)});
             }});
}

void Client::broken(std::string_view id_and_att) {
  const auto found = held_.find(std::string(id_and_att.substr(0, id_and_att.find(':'))));
  if (found == held_.end()) return;
  for (const LeasePtr &lease : found->second)
    if (lease->id_and_att() == id_and_att)
      host_.revoked(lease->repo, lease->id, "somebody took the lock away by its lease id");
}

}  // namespace repolock::backend::redis
