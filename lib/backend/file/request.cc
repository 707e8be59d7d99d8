#include "backend/file/request.h"

namespace repolock::backend::file {

namespace {

const char *text(const char *from) {
  return from == nullptr ? "" : from;
}

}  // namespace

const repolock_claim_t &claim_at(const repolock_backend_request_t &sent, size_t i) {
  const auto *bytes = reinterpret_cast<const unsigned char *>(sent.claims);
  return *reinterpret_cast<const repolock_claim_t *>(bytes + i * sent.claims->struct_size);
}

Request::Request(Client &asking, Host &host, const repolock_backend_request_t &sent,
                 repolock_post_cb on_timer)
    : client(asking),
      id(sent.id),
      kind(sent.kind),
      repo(text(sent.claims->repo)),
      lease_id(text(sent.claims->lease_id)),
      shared(sent.claims->shared != 0),
      wait(sent.wait != 0 && sent.kind == REPOLOCK_REQUEST_ACQUIRE),
      deadline_ms(sent.deadline_ms),
      started_ms(host.now()),
      timer(host, on_timer, this) {
  entry.shared = shared ? 1 : 0;
  entry.enqueued_ms = started_ms;
  entry.pid = entry.pid_start = -1;
  set_text(entry.lease_id, lease_id);
  if (sent.owner == nullptr) return;
  boot_id = text(sent.owner->boot_id);
  entry.pid = sent.owner->pid;
  entry.pid_start = sent.owner->pid_start;
  set_text(entry.host, text(sent.owner->host));
  set_text(entry.holder, text(sent.owner->holder));
}

}  // namespace repolock::backend::file
