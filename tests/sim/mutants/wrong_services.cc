// Services that break a rule of plugin.h.
#include "mutants/mutant.h"

namespace repolock::sim {

namespace {

using core::Claim;
using core::Grant;
using core::Status;

class LetsWritersJoinReaders : public LockService {
  using LockService::LockService;
  bool admits(const Name &name, const Place &) const override {
    return name.holders.empty() || name.holders.front().shared;
  }
};

class EndsBeforeItsTime : public LockService {
  using LockService::LockService;
  void settle(Name &name) override {
    name.holders.remove_if(
        [this](const Place &place) { return place.end - place.ttl / 10 <= now(); });
    LockService::settle(name);
  }
};

class PromisesTooMuch : public LockService {
  using LockService::LockService;
  Grant extend(Name &name, const Claim &claim) override {
    Grant grant = LockService::extend(name, claim);
    if (grant.valid_until != kForever) grant.valid_until += claim.ttl / 2;
    return grant;
  }
};

class RepeatsFences : public LockService {
  using LockService::LockService;
  uint64_t next_fence(const Name &name, const Place &) const override { return 1 + name.fence / 2; }
};

class DropsWhoeverWaits : public LockService {
  using LockService::LockService;
  void settle(Name &name) override {
    LockService::settle(name);
    if (name.queue.size() > 2) name.queue.pop_back();
  }
};

class KeepsWhatIsReleased : public LockService {
  using LockService::LockService;
  Grant release(Name &name, const Claim &claim) override {
    Grant grant = lost(name, claim.lease_id);
    if (find(name.holders, claim.lease_id) != nullptr) grant.status = Status::kOk;
    return grant;
  }
};

class RenewsNothing : public LockService {
  using LockService::LockService;
  Grant extend(Name &name, const Claim &claim) override {
    const Place *place = find(name.holders, claim.lease_id);
    const Millis end = place == nullptr ? 0 : place->end;
    Grant grant = LockService::extend(name, claim);
    if (grant.status == Status::kOk) find(name.holders, claim.lease_id)->end = end;
    if (grant.status == Status::kOk) grant.valid_until = end;
    return grant;
  }
};

template <class Service>
Parts with() {
  Parts parts;
  parts.service = [](Run &run) { return std::make_unique<Service>(run.schedule, run.traits); };
  return parts;
}

}  // namespace

std::vector<Mutant> wrong_services() {
  return {{"a writer joins readers", kExclusion, with<LetsWritersJoinReaders>()},
          {"a lease ends before its time", kValidity, with<EndsBeforeItsTime>()},
          {"a renewal promises more than it gives", kValidity, with<PromisesTooMuch>()},
          {"a fence is given twice", kFence, with<RepeatsFences>()},
          {"a waiter is forgotten", kLiveness, with<DropsWhoeverWaits>()},
          {"a release changes nothing", kLiveness, with<KeepsWhatIsReleased>()},
          {"a renewal changes nothing", kKept, with<RenewsNothing>()}};
}

}  // namespace repolock::sim
