#include "backend/memory/request.h"

namespace repolock::backend::memory {

namespace {

std::string text(const char *from) {
  return from == nullptr ? "" : from;
}

}  // namespace

Request copy_request(const repolock_backend_request_t &sent) {
  Request request;
  request.kind = sent.kind;
  request.id = sent.id;
  request.wait = sent.wait != 0;
  request.deadline_ms = sent.deadline_ms;
  if (sent.owner != nullptr) {
    request.owner = {text(sent.owner->host), text(sent.owner->holder), sent.owner->pid};
  }
  // A newer library's claims are longer than ours: step by their own size (plugin.h, rule 5).
  const auto *bytes = reinterpret_cast<const unsigned char *>(sent.claims);
  for (size_t i = 0; i < sent.claim_count; ++i) {
    const auto &claim =
        *reinterpret_cast<const repolock_claim_t *>(bytes + i * sent.claims->struct_size);
    request.claims.push_back(
        {text(claim.repo), text(claim.lease_id), claim.shared != 0, claim.ttl_ms, claim.ended});
  }
  return request;
}

}  // namespace repolock::backend::memory
