// driver_parts.h - what the files of BackendDriver share, and no test needs.
#pragma once

#include "support/backend_driver.h"

namespace repolock::testing {

struct BackendDriver::Timer {
  BackendDriver *driver;
  repolock_post_cb callback;
  void *data;
  int64_t at_ms = INT64_MAX;
  uint64_t order = 0;  // of two that are due at once the one that was set first fires first
  bool freed = false;  // kept until the loop is not looking at it
};

struct BackendDriver::Watch {
  BackendDriver *driver;
  int fd;
  int32_t events;
  repolock_ready_cb callback;
  void *data;
  bool freed = false;
};

struct BackendDriver::HostTable {
  static const repolock_host_api_t kTable;

  // The border: to a backend a driver is an opaque host.
  static repolock_host_t *host(BackendDriver *driver) {
    return reinterpret_cast<repolock_host_t *>(driver);
  }
  static BackendDriver &driver(repolock_host_t *host) {
    return *reinterpret_cast<BackendDriver *>(host);
  }

  static void answer(repolock_host_t *host, uint64_t id, const repolock_answer_t *answer);
  static void waiting(repolock_host_t *host, uint64_t id, const repolock_row_t *rows, size_t count);
  static void wake(repolock_host_t *host, const char *repo);
  static void revoked(repolock_host_t *host, const char *repo, const char *lease_id, int32_t reason,
                      const char *message);
  static void node(repolock_host_t *host, const char *node, int32_t up, const char *message);
  static void log(repolock_host_t *host, int32_t level, const char *event, const char *message);
  static int32_t post(repolock_host_t *host, repolock_post_cb callback, void *data);
  static int64_t now(repolock_host_t *host);
  static int32_t random(repolock_host_t *host, void *out, size_t len);
  static repolock_watch_t *watch_fd(repolock_host_t *host, int32_t fd, int32_t events,
                                    repolock_ready_cb callback, void *data);
  static void watch_set(repolock_watch_t *watch, int32_t events);
  static void watch_free(repolock_watch_t *watch);
  static repolock_timer_t *timer_new(repolock_host_t *host, repolock_post_cb callback, void *data);
  static void timer_set(repolock_timer_t *timer, int64_t at_ms);
  static void timer_free(repolock_timer_t *timer);
  static int32_t later(repolock_host_t *host, repolock_post_cb callback, void *data);
};

}  // namespace repolock::testing
