// holding.cc - from the grant to the end of a lease.
#include <utility>

#include "backend/file/client.h"
#include "port/file_lock.h"

namespace repolock::backend::file {

namespace {

constexpr char kBroken[] = "somebody took the lock away with break";
constexpr char kRemoved[] = "its lock file was removed, so others no longer saw that it was held";

repolock_grant_t lost(int32_t reason, const char *message) {
  repolock_grant_t grant = new_grant(REPOLOCK_E_LOST);
  grant.reason = reason;
  grant.message = message;
  return grant;
}

template <class One>
std::vector<repolock_grant_t> each_claim(const repolock_backend_request_t &sent, One one) {
  std::vector<repolock_grant_t> grants;
  for (size_t i = 0; i < sent.claim_count; ++i) grants.push_back(one(claim_at(sent, i)));
  return grants;
}

}  // namespace

void Client::release(const repolock_backend_request_t &sent) {
  host_.answer(sent.id, each_claim(sent, [this](const auto &claim) { return release_one(claim); }));
}

// Without the section: a neighbour who was stopped in it cannot keep a lock from being free.
repolock_grant_t Client::release_one(const repolock_claim_t &claim) {
  const std::string repo = claim.repo;
  Lease *held = names_.find_lease(repo, claim.lease_id);
  if (held == nullptr) return lost(REPOLOCK_LOST_DATA, "this client does not hold it");
  const bool is_broken = let_go_if_broken(repo, claim.lease_id, *held);
  const bool was_seen = directory_.leads_to(repo, held->file);
  Lease lease = std::move(*held);
  names_[repo].leases.erase(claim.lease_id);
  if (!is_broken) {
    // If that cannot be written, the next one takes it for a crash, which is the careful way.
    QueueFile(lease.file.fd(), "").write_end(lease.slot, claim.ended);
    port::unlock_byte(lease.file.fd(), byte_of(lease.ticket));
    wake_behind(repo, lease.file.fd(), lease.ticket, lease.shared);
  }
  // A copy in some other process would keep the next lease of this descriptor alive after a crash.
  if (claim.inherited != 0) lease.file.close();
  put_idle(repo, std::move(lease.file));
  if (is_broken) return lost(REPOLOCK_LOST_BROKEN, kBroken);
  return was_seen ? new_grant(REPOLOCK_OK) : lost(REPOLOCK_LOST_DATA, kRemoved);
}

void Client::extend(const repolock_backend_request_t &sent) {
  host_.answer(sent.id, each_claim(sent, [this](const auto &claim) { return extend_one(claim); }));
}

// There is nothing to renew; but whether it is still held can be told.
repolock_grant_t Client::extend_one(const repolock_claim_t &claim) {
  Lease *lease = names_.find_lease(claim.repo, claim.lease_id);
  if (lease == nullptr) return lost(REPOLOCK_LOST_DATA, "this client does not hold it");
  if (let_go_if_broken(claim.repo, claim.lease_id, *lease))
    return lost(REPOLOCK_LOST_BROKEN, kBroken);
  if (!directory_.leads_to(claim.repo, lease->file)) return lost(REPOLOCK_LOST_DATA, kRemoved);
  repolock_grant_t grant = new_grant(REPOLOCK_OK);
  grant.valid_until_ms = INT64_MAX;
  return grant;
}

void Client::break_inside(Request &request, Section &section) {
  Queue queue(request.file.fd(), directory_.path_of(request.repo));
  const auto sound = queue.look();
  Fault fault;
  if (const auto *failure = std::get_if<Failure>(&sound)) fault = *failure;
  Entry holder{};
  if (!fault && std::get<bool>(sound))
    queue.visit(0, kTicketEnd, [&](const Entry &entry) {
      if (!entry.is_granted() || entry.lease_id != request.lease_id || !queue.counts(entry))
        return true;
      holder = entry;
      return false;
    });
  if (holder.ticket != 0) fault = queue.mark_broken(holder);
  section.leave();
  if (fault) return finish(request, *fault);
  if (holder.ticket == 0) return refuse(request, REPOLOCK_E_LOST);

  host_.answer(request.id, {new_grant(REPOLOCK_OK)});
  tell_broken(holder.socket, request.repo);
  wake_behind(request.repo, request.file.fd(), holder.ticket, holder.shared != 0);
  put_idle(request.repo, std::move(request.file));
  drop(request);
}

void Client::tell_broken(uint64_t socket, const std::string &repo) {
  if (socket_.is_own(socket))
    look_for_broken(repo);
  else
    socket_.tell(socket, Message::kBroken, repo);
}

// Whoever broke them has told them, unless he died before he could.
void Client::tell_broken(const Queue &queue, const std::string &repo) {
  for (const uint64_t socket : queue.broken()) tell_broken(socket, repo);
}

// Which of our leases of that name were broken? Their holders are told.
void Client::look_for_broken(const std::string &repo) {
  Name *name = names_.find(repo);
  if (name == nullptr) return;
  for (auto &[lease_id, lease] : name->leases) let_go_if_broken(repo, lease_id, lease);
}

bool Client::let_go_if_broken(const std::string &repo, const std::string &lease_id, Lease &lease) {
  if (lease.is_broken) return true;
  Queue queue(lease.file.fd(), directory_.path_of(repo));
  const auto sound = queue.look();
  if (std::holds_alternative<Failure>(sound) || !std::get<bool>(sound)) return false;
  // Its slot may have another's entry by now, for nobody waits for one who was broken.
  const Entry *entry = queue.file().entry_in(lease.slot, lease.ticket);
  if (entry != nullptr && entry->broken == 0) return false;
  lease.is_broken = true;
  port::unlock_byte(lease.file.fd(), byte_of(lease.ticket));
  host_.revoked(repo, lease_id, kBroken);
  return true;
}

}  // namespace repolock::backend::file
