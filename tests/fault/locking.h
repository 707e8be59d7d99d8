// locking.h - the public API in the few words that a process of a fault test needs.
//
// Most of them run in a child, where cmocka may not be used: what fails gives an empty handle.
#pragma once

#include <repolock/repolock.h>
#include <time.h>

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace repolock::testing {

template <auto free>
struct Freed {
  template <class Handle>
  void operator()(Handle *handle) const {
    free(handle);
  }
};
using Config = std::unique_ptr<repolock_config_t, Freed<repolock_config_free>>;
using Client = std::unique_ptr<repolock_client_t, Freed<repolock_client_free>>;
using Request = std::unique_ptr<repolock_request_t, Freed<repolock_request_free>>;
using Op = std::unique_ptr<repolock_op_t, Freed<repolock_op_free>>;
using Lease = std::unique_ptr<repolock_lease_t, Freed<repolock_lease_free>>;
using Event = std::unique_ptr<repolock_event_t, Freed<repolock_event_free>>;

// Waits for ever unless an option says otherwise.
inline Client open_client(const std::string &url,
                          const std::vector<std::pair<const char *, const char *>> &options = {}) {
  const Config config(repolock_config_new());
  char err[REPOLOCK_ERR_SIZE] = "";
  repolock_client_t *client = nullptr;
  auto status = repolock_config_set(config.get(), "backend", url.c_str(), err, sizeof err);
  if (status == REPOLOCK_OK)
    status = repolock_config_set(config.get(), "wait_ms", "-1", err, sizeof err);
  for (const auto &[key, value] : options)
    if (status == REPOLOCK_OK)
      status = repolock_config_set(config.get(), key, value, err, sizeof err);
  if (status == REPOLOCK_OK) status = repolock_client_open(config.get(), &client, err, sizeof err);
  if (status != REPOLOCK_OK) std::fprintf(stderr, "%s: %s\n", url.c_str(), err);
  return Client(client);
}

inline Op start_lock(const Client &client, std::string_view repo,
                     const Request &request = nullptr) {
  repolock_op_t *op = nullptr;
  repolock_acquire_start(client.get(), repo.data(), repo.size(), request.get(), &op);
  return Op(op);
}

// Waits until that op stands in the queue; other ones may have news meanwhile.
inline bool stands_in_queue(const Client &client, const Op &op) {
  repolock_op_on_wait(op.get(), nullptr, op.get(), nullptr);
  for (;;) {
    repolock_event_t *next = nullptr;
    if (repolock_event_next(client.get(), -1, &next) != REPOLOCK_OK) return false;
    const Event event(next);
    if (repolock_event_user_data(next) == op.get()) return true;
  }
}

inline Lease take(const Op &op) {
  repolock_lease_t *lease = nullptr;
  repolock_op_wait(op.get(), -1);
  repolock_op_take_lease(op.get(), &lease);
  return Lease(lease);
}

// waits: called once if it has to stand in the queue, as soon as it does.
inline Lease lock(const Client &client, std::string_view repo,
                  const std::function<void()> &waits = nullptr) {
  const Op op = start_lock(client, repo);
  repolock_op_on_wait(op.get(), nullptr, nullptr, nullptr);
  repolock_op_on_done(op.get(), nullptr, nullptr, nullptr);
  bool is_told = waits == nullptr;
  for (int32_t kind = 0; kind != REPOLOCK_EVENT_DONE;) {
    repolock_event_t *next = nullptr;
    if (repolock_event_next(client.get(), -1, &next) != REPOLOCK_OK) return nullptr;
    const Event event(next);
    kind = repolock_event_kind(next);
    if (kind == REPOLOCK_EVENT_WAITING && !std::exchange(is_told, true)) waits();
  }
  return take(op);
}

// One try that does not wait.
inline repolock_status_t try_lock(const Client &client, std::string_view repo, Lease *out) {
  const Request request(repolock_request_new());
  repolock_request_set_wait(request.get(), 0);
  repolock_lease_t *lease = nullptr;
  const auto status =
      repolock_acquire(client.get(), repo.data(), repo.size(), request.get(), &lease, nullptr, 0);
  out->reset(lease);
  return status;
}

inline uint64_t fence_of(const Lease &lease) {
  return repolock_lease_fence(lease.get());
}

inline bool unlock(Lease lease) {
  return repolock_release(lease.get()) == REPOLOCK_OK;
}

// The same clock in all processes.
inline int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

}  // namespace repolock::testing
