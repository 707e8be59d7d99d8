// event.h - one piece of news, and who hears of it.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <new>
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

// What is said in the worst case: so short that a string of it needs no memory.
inline constexpr char kOutOfMemory[] = "out of memory";

inline std::string copy_if_possible(const std::string &text) noexcept {
  try {
    return text;
  } catch (const std::bad_alloc &) {
    return kOutOfMemory;
  }
}

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

struct Listener;
using ListenerPtr = std::shared_ptr<Listener>;

// One piece of news in the queue.
struct QueueEntry {
  ListenerPtr listener;
  EventPtr event;
};

// Who hears of one op, lease or log.
struct Listener {
  std::function<void(const EventPtr &)> callback;  // empty: the queue
  std::function<void()> free_user_data;            // empty: nothing to free
  void *user_data = nullptr;

  std::atomic<bool> muted{false};  // its handle was freed

  // What comes once, DONE or LOST, is told even when memory has run out: what to say in the worst
  // case, and its place in the queue.
  std::shared_ptr<Event> reserve;
  std::list<QueueEntry> place;

  void keep_in_reserve(Event event) {
    reserve = std::make_shared<Event>(std::move(event));
    reserve->message = kOutOfMemory;
    if (!callback) place.emplace_back();
  }

  // client's thread
  bool told = false;   // of what comes once: DONE, LOST
  bool ended = false;  // free_user_data has run

  void end() {
    if (std::exchange(ended, true)) return;
    if (free_user_data) free_user_data();
  }
};

}  // namespace repolock::loop
