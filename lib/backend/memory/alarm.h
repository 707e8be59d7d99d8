// alarm.h - the one timer of a client. Whoever changes a store may bring it forward, from any
// thread that holds the store's mutex; a post carries that to the client's own thread.
#pragma once

#include <repolock/plugin.h>

#include <cstdint>
#include <mutex>

namespace repolock::backend::memory {

class Alarm {
 public:
  // ring runs on the client's thread, without the mutex.
  Alarm(const repolock_host_api_t *api, repolock_host_t *host, std::mutex &mutex,
        repolock_post_cb ring, void *data);
  // On the client's thread. A post that is under way then never runs: plugin.h.
  ~Alarm();
  Alarm(const Alarm &) = delete;
  Alarm &operator=(const Alarm &) = delete;

  // Out of memory: there is no timer.
  bool is_broken() const { return timer_ == nullptr; }

  // Rings at that time, or earlier. With the mutex held.
  void ring_by(int64_t at);

 private:
  static void on_post(void *data);
  static void on_timer(void *data);

  const repolock_host_api_t *api_;
  repolock_host_t *host_;
  std::mutex &mutex_;
  repolock_post_cb ring_;
  void *data_;
  repolock_timer_t *timer_;

  int64_t at_ = INT64_MAX;  // the earliest that it was asked for since it last rang
  bool posted_ = false;
};

}  // namespace repolock::backend::memory
