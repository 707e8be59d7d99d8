#include "backend/memory/verbs.h"

#include <string>
#include <vector>

namespace repolock::backend::memory {

namespace {

constexpr const char *kLate =
    "the request came after its deadline and had no effect; send it again";

repolock_grant_t plain_grant() {
  repolock_grant_t grant{};
  grant.struct_size = sizeof grant;
  grant.status = REPOLOCK_OK;
  grant.inherit_fd = -1;
  return grant;
}

repolock_grant_t lost_grant(int32_t reason) {
  auto grant = plain_grant();
  grant.status = REPOLOCK_E_LOST;
  grant.reason = reason;
  grant.message = lost_message(reason);
  return grant;
}

void acquire(Store &store, Listener &from, const Request &request, int64_t now) {
  const Claim &claim = request.claims.front();
  Lock &lock = store.lock_of(claim.repo);
  store.settle(lock, now);
  // Asked again, because the first answer got lost: it has what it has, and keeps its place.
  if (Lease *held = lock.holder(claim.lease_id)) {
    held->request_id = request.id;
    return from.granted(*held);
  }
  if (Lease *waits = lock.waiter(claim.lease_id)) {
    from.failed(waits->request_id, REPOLOCK_E_CANCELED, "a newer request of the same lease waits");
    waits->request_id = request.id;
    waits->patient = request.wait;
    waits->deadline_ms = request.deadline_ms;
    waits->told_place = 0;
    return store.settle(lock, now);
  }
  Lease lease;
  lease.id = claim.lease_id;
  lease.owner = request.owner;
  lease.shared = claim.shared;
  lease.ttl_ms = claim.ttl_ms;
  lease.since_ms = now;
  lease.listener = &from;
  lease.request_id = request.id;
  lease.patient = request.wait;
  lease.deadline_ms = request.deadline_ms;
  lock.ask(std::move(lease));
  store.settle(lock, now);
}

repolock_grant_t extend_one(Store &store, const Claim &claim, int64_t now) {
  Lock &lock = store.lock_of(claim.repo);
  store.settle(lock, now);
  Lease *lease = lock.holder(claim.lease_id);
  if (lease == nullptr) return lost_grant(lock.lost_reason(claim.lease_id));
  lease->end_ms = after(now, claim.ttl_ms);
  auto grant = plain_grant();
  grant.fence = lease->fence;
  grant.valid_until_ms = lease->end_ms;
  store.settle(lock, now);  // it may end earlier than before
  return grant;
}

void extend(Store &store, Listener &from, const Request &request, int64_t now) {
  if (request.is_late(now)) return from.failed(request.id, REPOLOCK_E_TIMEOUT, kLate);
  std::vector<repolock_grant_t> grants;
  for (const auto &claim : request.claims) grants.push_back(extend_one(store, claim, now));
  from.answer(request.id, grants);
}

repolock_grant_t release_one(Store &store, const Claim &claim, int64_t now) {
  Lock &lock = store.lock_of(claim.repo);
  store.settle(lock, now);
  // An acquire whose answer got lost may wait still: it goes, too.
  bool had_any = false;
  if (const Lease *waits = lock.waiter(claim.lease_id)) {
    waits->listener->failed(waits->request_id, REPOLOCK_E_CANCELED, "it was released first");
    had_any = lock.withdraw(waits->listener, waits->request_id);
  }
  const int32_t reason = lock.lost_reason(claim.lease_id);
  const bool says_how =
      claim.ended > REPOLOCK_PREVIOUS_NONE && claim.ended <= REPOLOCK_PREVIOUS_BROKEN;
  const int32_t ended = says_how ? claim.ended : int32_t{REPOLOCK_PREVIOUS_RELEASED};
  had_any = lock.release(claim.lease_id, ended) || had_any;
  store.settle(lock, now);
  return had_any ? plain_grant() : lost_grant(reason);
}

// Also when it comes late: nobody is served by a lock that is kept.
void release(Store &store, Listener &from, const Request &request, int64_t now) {
  std::vector<repolock_grant_t> grants;
  for (const auto &claim : request.claims) grants.push_back(release_one(store, claim, now));
  from.answer(request.id, grants);
}

void break_lease(Store &store, Listener &from, const Request &request, int64_t now) {
  if (request.is_late(now)) return from.failed(request.id, REPOLOCK_E_TIMEOUT, kLate);
  const Claim &claim = request.claims.front();
  Lock &lock = store.lock_of(claim.repo);
  store.settle(lock, now);
  std::string message;
  auto grant = plain_grant();
  if (!lock.take_away(claim.lease_id, REPOLOCK_LOST_BROKEN)) {
    message = claim.repo + " is not held by the lease " + claim.lease_id +
              "; look again who holds it, and break that one";
    grant = lost_grant(lock.lost_reason(claim.lease_id));
    grant.message = message.c_str();
  }
  from.answer(request.id, std::vector{grant});
  store.settle(lock, now);
}

void inspect(Store &store, Listener &from, const Request &request, int64_t now) {
  Rows rows;
  const auto show = [&](Lock &lock) {
    store.settle(lock, now);
    append_lock(rows, lock, now);
  };
  auto &locks = store.locks();
  if (request.claims.empty()) {
    for (auto &[name, lock] : locks) show(lock);
  } else if (const auto found = locks.find(request.claims.front().repo); found != locks.end()) {
    show(found->second);
  }
  from.answer(request.id, rows);
}

void diagnose(Store &store, Listener &from, const Request &request) {
  const std::string message = "a store in the memory of this process, for tests; it has seen " +
                              std::to_string(store.locks().size()) + " names";
  repolock_row_t row{};
  row.struct_size = sizeof row;
  row.row = REPOLOCK_ROW_NODE;
  row.host = store.url().c_str();
  row.status = "OK";
  row.message = message.c_str();
  row.pid = row.fence = row.shared = row.place = row.age_ms = row.remaining_ms = -1;
  from.answer(request.id, Rows{row});
}

}  // namespace

void carry_out(Store &store, Listener &from, const Request &request, int64_t now) {
  switch (request.kind) {
    case REPOLOCK_REQUEST_ACQUIRE:
      acquire(store, from, request, now);
      break;
    case REPOLOCK_REQUEST_EXTEND:
      extend(store, from, request, now);
      break;
    case REPOLOCK_REQUEST_RELEASE:
      release(store, from, request, now);
      break;
    case REPOLOCK_REQUEST_INSPECT:
      inspect(store, from, request, now);
      break;
    case REPOLOCK_REQUEST_BREAK:
      break_lease(store, from, request, now);
      break;
    case REPOLOCK_REQUEST_DIAGNOSE:
      diagnose(store, from, request);
      break;
    default:
      from.failed(request.id, REPOLOCK_E_UNSUPPORTED, "memory: does not know this kind of request");
  }
  store.tick(now);
}

}  // namespace repolock::backend::memory
