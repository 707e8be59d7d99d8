#include "user.h"

#include <numeric>
#include <optional>

#include "service.h"

namespace repolock::sim {

std::string repo_name(size_t index) {
  return "owner/name-" + std::string(1, static_cast<char>('a' + index));
}

// Each run has its own habits.
User::User(Run &run) : run_(run) {
  for (uint64_t &weight : weights_) weight = run_.random.of<uint64_t>({0, 1, 3, 10});
  weights_[kAcquire] = 20;
  weights_[kShutdown] = run_.random.below(2);
  weights_[kAbandon] = run_.random.below(2);
  if (run_.random.one_in(2)) weights_[kRelease] = 15;
}

User::Call User::draw() {
  uint64_t at = run_.random.below(std::accumulate(weights_.begin(), weights_.end(), uint64_t{0}));
  size_t call = 0;
  while (at >= weights_[call]) at -= weights_[call++];
  return static_cast<Call>(call);
}

void User::act(Client &client) {
  const auto ops = client.acquiring();
  const auto leases = client.leases();
  const Call call = draw();
  switch (call) {
    case kAcquire:
      return acquire(client);
    case kCancel:
    case kDrop:
      if (ops.empty()) return;
      return call == kCancel ? client.cancel(run_.random.of(ops))
                             : client.drop(run_.random.of(ops));
    case kExtend:
      if (!leases.empty()) client.extend(run_.random.of(leases), any_ttl());
      return;
    case kRelease:
      if (!leases.empty()) client.release(run_.random.of(leases));
      return;
    case kForget:
      if (!leases.empty()) client.forget(run_.random.of(leases));
      return;
    case kHandOut:
      if (!leases.empty()) client.hand_out(run_.random.of(leases));
      return;
    case kLook:
      for (const LeaseKey lease : leases) client.look(lease);
      return;
    case kInspect:
      return client.inspect(run_.random.one_in(3) ? std::string() : any_repo());
    case kDiagnose:
      return client.diagnose();
    case kBreak: {
      const auto [repo, lease_id] = run_.service->any_holder(run_.random);
      return repo.empty() ? client.break_lease(any_repo(), "no id at all")
                          : client.break_lease(repo, lease_id);
    }
    case kHeartbeat:
      return client.heartbeat();
    case kShutdown:
      return client.shutdown(run_.random.of<Millis>({0, 100, 10'000, kForever}));
    default:
      return client.abandon();
  }
}

void User::acquire(Client &client) {
  constexpr size_t kMostWaiting = 5;
  if (client.acquiring().size() >= kMostWaiting) return;
  core::Request request;
  request.ttl = any_ttl();
  request.wait = run_.random.of<Millis>({0, 1, 50, 1'000, 20'000, -1});
  if (run_.random.one_in(6)) request.max_hold = run_.random.of<Millis>({50, 1'000, 20'000});
  request.shared = run_.random.one_in(4) && may_ask(core::kCanShare) ? 1 : 0;
  request.renew = !run_.random.one_in(5);
  request.holder = "job";
  while (run_.random.one_in(3) && may_ask(core::kCanSeveral))
    request.more_repos.push_back(any_repo());
  client.acquire(any_repo(), request);
}

void User::let_go(Client &client) {
  client.heartbeat();
  for (const LeaseKey lease : client.leases()) {
    client.release(lease);
    client.forget(lease);
  }
}

void User::want(Client &client, const std::string &repo) {
  core::Request request;
  request.wait = -1;
  request.ttl = run_.random.of<Millis>({1'000, kLongestTtl});
  request.shared = run_.random.one_in(4) && may_ask(core::kCanShare) ? 1 : 0;
  client.acquire(repo, request);
}

// What its backend cannot do it asks for now and then.
bool User::may_ask(uint64_t capability) {
  return (run_.traits.capabilities & capability) != 0 || run_.random.one_in(8);
}

std::string User::any_repo() {
  return repo_name(run_.random.below(run_.traits.names));
}

Millis User::any_ttl() {
  return std::max(run_.traits.shortest_ttl,
                  run_.random.of<Millis>({20, 100, 300, 1'000, 3'000, 10'000, kLongestTtl}));
}

}  // namespace repolock::sim
