// event.h - one piece of news, and who hears of it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/status.h"

namespace repolock::loop {

enum class EventKind : int32_t {
  kDone = 1,
  kWaiting = 2,
  kLost = 3,
  kLog = 4
};

// With a copy of all it tells: it outlives op and lease.
struct Event {
  EventKind kind = EventKind::kDone;
  void *user_data = nullptr;
  core::Status status = core::Status::kOk;
  std::string message;
  int32_t level = 0;
  std::vector<std::pair<std::string, std::string>> fields;
};

using EventPtr = std::shared_ptr<const Event>;

// Who hears of one op, lease or log.
struct Listener {
  std::function<void(const EventPtr &)> callback;  // empty: the queue
  std::function<void()> free_user_data;            // empty: nothing to free
  void *user_data = nullptr;

  std::atomic<bool> muted{false};  // its handle was freed

  // client's thread
  bool told = false;   // of what comes once: DONE, LOST
  bool ended = false;  // free_user_data has run

  void end() {
    if (std::exchange(ended, true)) return;
    if (free_user_data) free_user_data();
  }
};

using ListenerPtr = std::shared_ptr<Listener>;

}  // namespace repolock::loop
