// releasing.cc - what is held is let go of, or taken away.
#include <utility>
#include <vector>

#include "backend/redis/batch.h"
#include "backend/redis/client.h"
#include "backend/redis/failures.h"

namespace repolock::backend::redis {

namespace {

// What the servers have said so far.
struct Tally {
  size_t done = 0, nothing = 0;
  Failures failures;
  bool was_broken = false;
  bool is_decided = false;

  void add(const Outcome &outcome, bool did_it) {
    if (outcome.failure) {
      failures.add(*outcome.failure);
    } else {
      ++(did_it ? done : nothing);
    }
  }
  size_t answers() const { return done + nothing + failures.count(); }
};

}  // namespace

void Client::release(const repolock_backend_request_t &sent) {
  auto batch = std::make_shared<Batch>(sent.id, sent.claim_count);
  for (size_t i = 0; i < sent.claim_count; ++i) release_one(claim_at(sent, i), batch, i);
}

void Client::release_one(const repolock_claim_t &claim, const std::shared_ptr<Batch> &batch,
                         size_t index) {
  LeasePtr lease = held(claim);
  const bool was_held = lease != nullptr;
  if (was_held) {
    auto &all = held_[lease->id];
    std::erase(all, lease);
    if (all.empty()) held_.erase(lease->id);
  } else {  // an acquire of which nobody knows what became: all its rounds are over, and as a HOLD
            // may be on its way, for good
    lease = std::make_shared<Lease>();
    lease->repo = claim.repo;
    lease->id = claim.lease_id;
    lease->shared = claim.shared != 0;
    lease->att = last_att_;
  }
  auto tally = std::make_shared<Tally>();
  const auto let_go = [this, batch, index, was_held, tally](const Outcome &outcome) {
    const int64_t said = outcome.reply.integer;
    tally->add(outcome, said > 0);
    tally->was_broken = tally->was_broken || (!outcome.failure && said < 0);
    if (tally->is_decided) return;
    const bool is_last = tally->answers() == servers_.size();
    if (tally->done < quorum() && !is_last) return;
    tally->is_decided = true;
    if (tally->done >= quorum() || (!was_held && tally->failures.count() == 0))
      return answer_claim(batch, index, new_grant(REPOLOCK_OK), "");
    if (tally->failures.count() > servers_.size() - quorum() || !was_held) {
      const Failure why = tally->failures.sum(servers_.size(), quorum());
      return answer_claim(batch, index, new_grant(why.status), why.message);
    }
    if (tally->was_broken)
      return answer_claim(batch, index, lost_grant(REPOLOCK_LOST_BROKEN), "it was broken");
    answer_claim(batch, index, lost_grant(REPOLOCK_LOST_EXPIRED), "it had ended before");
  };
  for (const auto &server : servers_)
    server->let_go(lease, was_held ? claim.ended : REPOLOCK_PREVIOUS_RELEASED, lease->fence, "-",
                   let_go);
}

void Client::break_lease(const repolock_backend_request_t &sent) {
  const uint64_t request = sent.id;
  const Keys keys = settings_.keys.of(sent.claims[0].repo);
  const std::vector<std::string> args = {sent.claims[0].lease_id};
  auto tally = std::make_shared<Tally>();
  for (const auto &server : servers_)
    server->node().run({&script::kBreak, keys.all(), [args] { return std::optional(args); }, true,
                        [this, request, tally](const Outcome &outcome) {
                          tally->add(outcome, outcome.reply.text_at(0) == "OK");
                          if (tally->answers() < servers_.size()) return;
                          if (tally->failures.count() > servers_.size() - quorum())
                            return fail(request, tally->failures.sum(servers_.size(), quorum()));
                          const bool is_done = tally->done > 0;
                          if (take(request))
                            host_.answer(request, {is_done ? new_grant(REPOLOCK_OK)
                                                           : lost_grant(REPOLOCK_LOST_EXPIRED)});
                        }});
}

// By one server; the others say so too, soon.
void Client::broken(std::string_view id_and_att) {
  const auto found = held_.find(std::string(id_and_att.substr(0, id_and_att.find(':'))));
  if (found == held_.end()) return;
  for (const LeasePtr &lease : found->second)
    if (lease->id_and_att() == id_and_att)
      host_.revoked(lease->repo, lease->id, "somebody took the lock away with break");
}

// A shared lease that was broken, or one that somebody had since, hears it by its next renewal.
void Client::look_for_breaks(Server &server) {
  std::vector<LeasePtr> leases;
  for (const auto &[id, of_one_id] : held_)
    for (const LeasePtr &lease : of_one_id)
      if (!lease->shared && lease->until_ms > host_.now()) leases.push_back(lease);
  for (const LeasePtr &lease : leases)
    server.node().run({&script::kCheck, settings_.keys.of(lease->repo).all(),
                       [lease] {
                         return std::optional(std::vector<std::string>{lease->id_and_att(), "x"});
                       },
                       true,
                       [this, lease](const Outcome &outcome) {
                         if (outcome.failure || outcome.reply.text_at(0) != "LOST") return;
                         const auto fence = read_fence_record(outcome.reply.text_at(3));
                         // BREAK raised F by one, whoever was granted it then by one more.
                         const uint64_t raised = fence && fence->state == 'o' ? 1 : 2;
                         if (fence && fence->fence == lease->fence + raised &&
                             fence->previous == REPOLOCK_PREVIOUS_BROKEN)
                           broken(lease->id_and_att());
                       }});
}

}  // namespace repolock::backend::redis
