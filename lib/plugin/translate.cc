#include "plugin/translate.h"

#include <algorithm>
#include <cstring>

namespace repolock::plugin {

std::string text(const char *from) {
  return from == nullptr ? std::string() : std::string(from);
}

namespace {

// What the sender has of a struct, in one of our size.
template <class Struct>
Struct sized(const void *from, size_t size) {
  Struct to{};
  std::memcpy(&to, from, std::min(size, sizeof to));
  return to;
}

// Calls take(element) for each of an array whose elements have the size that the first one says.
template <class Struct, class Take>
void each(const Struct *first, size_t count, Take take) {
  if (first == nullptr || count == 0) return;
  const auto *at = reinterpret_cast<const unsigned char *>(first);
  for (size_t index = 0; index < count; ++index, at += first->struct_size)
    take(sized<Struct>(at, first->struct_size));
}

core::Previous previous(int32_t value) {
  if (value < REPOLOCK_PREVIOUS_NONE || value > REPOLOCK_PREVIOUS_BROKEN)
    return core::Previous::kNone;
  return static_cast<core::Previous>(value);
}

}  // namespace

core::LossReason loss_reason(int32_t reason) {
  if (reason < REPOLOCK_LOST_EXPIRED || reason > REPOLOCK_LOST_DATA)
    return core::LossReason::kExpired;
  return static_cast<core::LossReason>(reason);
}

RequestView::RequestView(const core::BackendRequest &request, const Self &self) {
  claims_.reserve(request.claims.size());
  for (const core::Claim &claim : request.claims) {
    repolock_claim_t c{};
    c.struct_size = sizeof c;
    c.shared = claim.shared ? 1 : 0;
    c.repo = claim.repo.c_str();
    c.lease_id = claim.lease_id.c_str();
    c.fence = claim.fence;
    c.ttl_ms = claim.ttl;
    c.ended = static_cast<int32_t>(claim.ended);
    c.inherited = claim.inherited ? 1 : 0;
    claims_.push_back(c);
  }
  owner_.struct_size = sizeof owner_;
  owner_.host = self.host.c_str();
  owner_.boot_id = self.boot_id.c_str();
  owner_.holder = request.holder.c_str();
  owner_.pid = self.pid;
  owner_.pid_start = self.pid_start;
  request_.struct_size = sizeof request_;
  request_.kind = static_cast<int32_t>(request.verb);
  request_.id = request.id;
  request_.claims = claims_.data();
  request_.claim_count = claims_.size();
  request_.owner = request.verb == core::Verb::kAcquire ? &owner_ : nullptr;
  request_.wait = request.wait ? 1 : 0;
  request_.deadline_ms = request.deadline;
}

core::Rows copy_rows(const repolock_row_t *rows, size_t count) {
  core::Rows copies;
  each(rows, count, [&](const repolock_row_t &row) {
    core::Row copy;
    copy.kind = static_cast<core::RowKind>(row.row);
    copy.repo = text(row.repo);
    copy.lease_id = text(row.lease_id);
    copy.holder = text(row.holder);
    copy.host = text(row.host);
    copy.status = text(row.status);
    copy.message = text(row.message);
    copy.pid = row.pid;
    copy.fence = row.fence;
    copy.shared = row.shared;
    copy.place = row.place;
    copy.age_ms = row.age_ms;
    copy.remaining_ms = row.remaining_ms;
    copies.push_back(std::move(copy));
  });
  return copies;
}

core::BackendAnswer copy_answer(const repolock_answer_t *from) {
  if (from == nullptr) {
    core::BackendAnswer none;
    none.status = core::Status::kPlugin;
    none.message = "the backend answered with a NULL, which plugin.h forbids";
    return none;
  }
  const auto answer = sized<repolock_answer_t>(from, from->struct_size);
  core::BackendAnswer copy;
  copy.status = static_cast<core::Status>(answer.status);
  copy.message = text(answer.message);
  each(answer.grants, answer.grant_count, [&](const repolock_grant_t &grant) {
    core::Grant one;
    one.status = static_cast<core::Status>(grant.status);
    one.message = text(grant.message);
    one.reason = loss_reason(grant.reason);
    one.previous = previous(grant.previous);
    one.fence = grant.fence;
    one.valid_until = grant.valid_until_ms;
    one.inherit_fd = grant.inherit_fd;
    copy.grants.push_back(std::move(one));
  });
  copy.rows = copy_rows(answer.rows, answer.row_count);
  return copy;
}

}  // namespace repolock::plugin
