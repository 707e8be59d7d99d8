// event_queue.h - events for a host that wants no foreign thread in its runtime.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <list>
#include <mutex>
#include <optional>

#include "core/time.h"
#include "loop/event.h"
#include "port/flag.h"

namespace repolock::loop {

class EventQueue {
 public:
  // Readable while events are queued, and from the end of the queue on.
  int fd() const { return flag_.fd(); }

  // Of WAITING only the newest of a listener is kept, of LOG the last 1,000 of all.
  // False: an old log line had to go.
  bool push(const ListenerPtr &listener, EventPtr event);

  // The handle was freed: its events are gone.
  void forget(const Listener &listener);

  // No more will come.
  void close();

  enum class Next {
    kEvent,
    kNothingYet,
    kEnd
  };
  // timeout in ms; kForever: without end. *out only with kEvent.
  Next next(core::Millis timeout, EventPtr *out);

 private:
  bool drop_oldest_log();
  void show();

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::list<QueueEntry> entries_;
  size_t logs_ = 0;
  bool closed_ = false;
  bool shown_ = false;
  port::Flag flag_;
};

}  // namespace repolock::loop
