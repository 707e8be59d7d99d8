// listener.h - a client as the store sees it: whom it answers, each request once at most.
//
// Any thread calls it that holds the mutex of the store. A client leaves its store under that
// mutex before its close returns, so nothing is said to one that is closed; and its host keeps the
// rule never to call a backend from inside a call to the host, so nothing said here comes back.
#pragma once

#include <repolock/plugin.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "backend/memory/rows.h"

namespace repolock::backend::memory {

class Listener {
 public:
  Listener(const repolock_host_api_t *api, repolock_host_t *host) : api_(api), host_(host) {}
  Listener(const Listener &) = delete;
  Listener &operator=(const Listener &) = delete;

  // From now on that request has an answer to get. False: out of memory, and that was the answer.
  bool expect(uint64_t request_id);
  // A fault: from now on no word about that request reaches the client.
  void mute(uint64_t request_id) { pending_.at(request_id) = true; }
  // Its answer may come through after all. Whether it was mute.
  bool unmute(uint64_t request_id);

  void granted(const Lease &lease);
  // E_HELD or E_TIMEOUT, and who is in the way.
  void refused(const Lock &lock, const Lease &lease, repolock_status_t status, int64_t now);
  void waiting(const Lock &lock, const Lease &lease, int64_t now);
  void revoked(const Lock &lock, const Lease &lease);

  // The request as a whole has failed.
  void failed(uint64_t request_id, repolock_status_t status, const char *message);
  void answer(uint64_t request_id, const std::vector<repolock_grant_t> &grants);
  void answer(uint64_t request_id, const Rows &rows);

 private:
  void send(uint64_t request_id, const repolock_answer_t &answer);

  const repolock_host_api_t *api_;
  repolock_host_t *host_;
  std::unordered_map<uint64_t, bool> pending_;  // request id -> is mute
};

}  // namespace repolock::backend::memory
