#include "api/guard.h"
#include "api/handles.h"
#include "api/listener.h"
#include "port/clock.h"

using namespace repolock;

namespace {

// A getter that finds the lease to be over is the first to know: the engine is told.
template <class Ask>
auto ask(const repolock_lease_t *lease, Ask question) {
  bool noticed = false;
  const auto answer = question(*lease->lease, port::now_ms(), &noticed);
  if (noticed)
    api::guard([&] {
      lease->hold.client->noticed_lost(lease->lease);
      return REPOLOCK_OK;
    });
  return answer;
}

template <class Start>
repolock_status_t start(repolock_lease_t *lease, repolock_op_t **out, Start begin) {
  return api::guard([&]() -> repolock_status_t {
    if (lease == nullptr) return REPOLOCK_E_INVALID;
    if (lease->hold.forked()) return REPOLOCK_E_FORKED;
    auto op = std::make_unique<repolock_op>(lease->hold);
    op->op = begin(*lease->hold.client);
    if (out != nullptr) *out = op.release();
    return REPOLOCK_OK;
  });
}

}  // namespace

extern "C" {

repolock_status_t repolock_extend(repolock_lease_t *lease, int64_t ttl_ms) {
  return api::guard([&]() -> repolock_status_t {
    if (lease == nullptr) return REPOLOCK_E_INVALID;
    if (lease->hold.forked()) return REPOLOCK_E_FORKED;
    if (!api::may_block()) return REPOLOCK_E_WRONG_THREAD;
    const loop::ClientPtr held = lease->hold.client;
    return api::as_status(
        held->await(held->extend(lease->lease, ttl_ms), held->options().node_timeout()));
  });
}

repolock_status_t repolock_release(repolock_lease_t *lease) {
  return api::guard([&]() -> repolock_status_t {
    if (lease == nullptr) return REPOLOCK_E_INVALID;
    if (lease->hold.forked()) return REPOLOCK_E_FORKED;
    if (!api::may_block()) return REPOLOCK_E_WRONG_THREAD;
    const loop::ClientPtr held = lease->hold.client;
    return api::as_status(
        held->await(held->release(lease->lease), core::Settings().release_timeout));
  });
}

repolock_status_t repolock_extend_start(repolock_lease_t *lease, int64_t ttl_ms,
                                        repolock_op_t **out) {
  if (out == nullptr) return REPOLOCK_E_INVALID;
  return start(lease, out,
               [&](loop::Client &client) { return client.extend(lease->lease, ttl_ms); });
}

repolock_status_t repolock_release_start(repolock_lease_t *lease, repolock_op_t **out) {
  return start(lease, out, [&](loop::Client &client) { return client.release(lease->lease); });
}

uint64_t repolock_lease_fence(const repolock_lease_t *lease) {
  return repolock_lease_fence_at(lease, 0);
}

uint64_t repolock_lease_fence_at(const repolock_lease_t *lease, size_t index) {
  if (lease == nullptr || index >= lease->lease->granted().fences.size()) return 0;
  return lease->lease->granted().fences[index];
}

const char *repolock_lease_id(const repolock_lease_t *lease) {
  return lease == nullptr ? "" : lease->lease->granted().id.c_str();
}

int64_t repolock_lease_remaining_ms(const repolock_lease_t *lease) {
  if (lease == nullptr || lease->hold.forked()) return 0;
  return ask(lease, [](loop::Lease &held, core::Millis now, bool *noticed) {
    return held.remaining(now, noticed);
  });
}

repolock_status_t repolock_lease_status(const repolock_lease_t *lease) {
  if (lease == nullptr) return REPOLOCK_E_INVALID;
  if (lease->hold.forked()) return REPOLOCK_E_FORKED;
  return api::as_status(ask(lease, [](loop::Lease &held, core::Millis now, bool *noticed) {
    return held.status(now, noticed);
  }));
}

const char *repolock_lease_message(const repolock_lease_t *lease) {
  return lease == nullptr || lease->hold.forked() ? "" : lease->lease->message();
}

repolock_status_t repolock_lease_on_lost(repolock_lease_t *lease, repolock_event_cb callback,
                                         void *user_data, repolock_free_cb free_user_data) {
  return api::guard([&]() -> repolock_status_t {
    if (lease == nullptr) return REPOLOCK_E_INVALID;
    if (lease->hold.forked()) return REPOLOCK_E_FORKED;
    const auto listener = api::make_listener(callback, user_data, free_user_data);
    if (!listener) return REPOLOCK_E_INVALID;
    return api::as_status(lease->hold.client->listen(lease->lease, listener));
  });
}

int32_t repolock_lease_previous(const repolock_lease_t *lease) {
  if (lease == nullptr) return REPOLOCK_PREVIOUS_NONE;
  return static_cast<int32_t>(lease->lease->granted().previous);
}

int32_t repolock_lease_inherit_fd(const repolock_lease_t *lease) {
  return repolock_lease_inherit_fd_at(lease, 0);
}

int32_t repolock_lease_inherit_fd_at(const repolock_lease_t *lease, size_t index) {
  if (lease == nullptr || lease->hold.forked()) return -1;
  int32_t fd = -1;
  api::guard([&] {
    fd = lease->hold.client->inherit_fd(lease->lease, index);
    return REPOLOCK_OK;
  });
  return fd;
}

void repolock_lease_free(repolock_lease_t *lease) {
  if (lease == nullptr || lease->hold.forked()) return;
  lease->hold.client->drop(lease->lease);
  delete lease;
}

}  // extern "C"
