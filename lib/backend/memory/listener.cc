#include "backend/memory/listener.h"

namespace repolock::backend::memory {

namespace {

repolock_answer_t answer_of(repolock_status_t status) {
  repolock_answer_t answer{};
  answer.struct_size = sizeof answer;
  answer.status = status;
  return answer;
}

}  // namespace

bool Listener::expect(uint64_t request_id) {
  try {
    pending_.emplace(request_id, false);
    return true;
  } catch (...) {
    const auto answer = answer_of(REPOLOCK_E_NOMEM);
    api_->answer(host_, request_id, &answer);
    return false;
  }
}

bool Listener::unmute(uint64_t request_id) {
  const auto found = pending_.find(request_id);
  if (found == pending_.end() || !found->second) return false;
  found->second = false;
  return true;
}

void Listener::send(uint64_t request_id, const repolock_answer_t &answer) {
  const auto found = pending_.find(request_id);
  if (found == pending_.end() || found->second) return;
  pending_.erase(found);
  api_->answer(host_, request_id, &answer);
}

void Listener::granted(const Lease &lease) {
  repolock_grant_t grant{};
  grant.struct_size = sizeof grant;
  grant.status = REPOLOCK_OK;
  grant.previous = lease.previous;
  grant.fence = lease.fence;
  grant.valid_until_ms = lease.end_ms;
  grant.inherit_fd = -1;
  auto answer = answer_of(REPOLOCK_OK);
  answer.grants = &grant;
  answer.grant_count = 1;
  send(lease.request_id, answer);
}

void Listener::refused(const Lock &lock, const Lease &lease, repolock_status_t status,
                       int64_t now) {
  Rows rows;
  append_holders(rows, lock, now);
  const std::string message =
      status == REPOLOCK_E_HELD
          ? lock.name() + " is held by somebody else; try again later or allow a wait"
          : lock.name() + " was not free by the deadline; try again later or wait longer";
  auto answer = answer_of(status);
  answer.message = message.c_str();
  answer.rows = rows.data();
  answer.row_count = rows.size();
  send(lease.request_id, answer);
}

void Listener::waiting(const Lock &lock, const Lease &lease, int64_t now) {
  const auto found = pending_.find(lease.request_id);
  if (found == pending_.end() || found->second) return;
  Rows rows;
  append_holders(rows, lock, now);
  append_waiter(rows, lock, lease, lease.told_place, now);
  api_->waiting(host_, lease.request_id, rows.data(), rows.size());
}

void Listener::revoked(const Lock &lock, const Lease &lease) {
  api_->revoked(host_, lock.name().c_str(), lease.id.c_str(), lease.reason,
                lost_message(lease.reason));
}

void Listener::failed(uint64_t request_id, repolock_status_t status, const char *message) {
  auto answer = answer_of(status);
  answer.message = message;
  send(request_id, answer);
}

void Listener::answer(uint64_t request_id, const std::vector<repolock_grant_t> &grants) {
  auto answer = answer_of(REPOLOCK_OK);
  answer.grants = grants.data();
  answer.grant_count = grants.size();
  send(request_id, answer);
}

void Listener::answer(uint64_t request_id, const Rows &rows) {
  auto answer = answer_of(REPOLOCK_OK);
  answer.rows = rows.data();
  answer.row_count = rows.size();
  send(request_id, answer);
}

}  // namespace repolock::backend::memory
