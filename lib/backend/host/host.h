// host.h - the client that opened a backend, in C++: plugin.h with owners for what must be freed.
#pragma once

#include <repolock/plugin.h>

#include <cstdint>
#include <string>
#include <vector>

#include "backend/host/failure.h"

namespace repolock::backend {

class Host {
 public:
  Host(const repolock_host_api_t *api, repolock_host_t *host) : api_(api), host_(host) {}
  Host(const Host &) = delete;
  Host &operator=(const Host &) = delete;

  const repolock_host_api_t *api() const { return api_; }
  repolock_host_t *handle() const { return host_; }

  int64_t now() const { return api_->now(host_); }
  uint64_t random_number() const;  // never 0; 0 only if there is none to be had
  // Both throw std::bad_alloc. later: on this thread, before it sleeps. post: from any thread.
  void later(repolock_post_cb callback, void *data) const;
  void post(repolock_post_cb callback, void *data) const;
  void random(void *out, size_t len) const;  // throws std::bad_alloc: the kernel has none
  void node(const std::string &name, bool is_up, const std::string &message) const;
  void log(int32_t level, const char *event, const std::string &message) const;

  using Rows = std::vector<repolock_row_t>;
  void answer(uint64_t request_id, const std::vector<repolock_grant_t> &grants);
  void answer(uint64_t request_id, const Rows &rows);
  void fail(uint64_t request_id, const Failure &failure, const Rows &rows = {});
  void fail_without_memory(uint64_t request_id);
  void fail_unknown(uint64_t request_id);  // likewise, where it may have taken effect
  void waiting(uint64_t request_id, const Rows &rows);
  void revoked(const std::string &repo, const std::string &lease_id, const char *message);

  // The last request that was answered: if memory runs out, what it still needs depends on that.
  uint64_t last_answered() const { return last_answered_; }

 private:
  void send(uint64_t request_id, const repolock_answer_t &answer);

  const repolock_host_api_t *api_;
  repolock_host_t *host_;
  uint64_t last_answered_ = 0;
};

// Made when it is first set, if not before: most requests never need one.
class Timer {
 public:
  Timer(Host &host, repolock_post_cb callback, void *data)
      : host_(host), callback_(callback), data_(data) {}
  ~Timer();
  Timer(const Timer &) = delete;
  Timer &operator=(const Timer &) = delete;

  void make();              // throws std::bad_alloc
  void set(int64_t at_ms);  // INT64_MAX: rest. As make(), where it was not made.

 private:
  Host &host_;
  repolock_post_cb callback_;
  void *data_;
  repolock_timer_t *timer_ = nullptr;
};

// A descriptor that is watched while this lives.
class Watch {
 public:
  Watch() = default;
  ~Watch() { stop(); }
  Watch(const Watch &) = delete;
  Watch &operator=(const Watch &) = delete;

  // false: it cannot be watched.
  bool start(Host &host, int fd, repolock_ready_cb callback, void *data,
             int32_t events = REPOLOCK_READABLE);
  void set(int32_t events) { api_->watch_set(watch_, events); }
  void stop();  // before the descriptor is closed

 private:
  const repolock_host_api_t *api_ = nullptr;
  repolock_watch_t *watch_ = nullptr;
};

repolock_grant_t new_grant(repolock_status_t status);

}  // namespace repolock::backend
