// op.h - one operation under way: the future. Any thread may ask it; the client's thread ends it.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "core/command.h"
#include "loop/event.h"
#include "loop/lease.h"

namespace repolock::loop {

class Op {
 public:
  enum class Kind {
    kAcquire,
    kExtend,
    kRelease,
    kInspect,
    kBreak,
    kDiagnose,
    kShutdown
  };

  Op(core::OpKey key, Kind kind) : key_(key), kind_(kind) {}

  core::OpKey key() const { return key_; }
  Kind kind() const { return kind_; }

  // ---- any thread ----
  core::Status status() const;
  const char *message() const;  // borrowed from this op
  // The result, or kPending when timeout ran out first.
  core::Status wait(core::Millis timeout);
  // kOk once, with the lease of an acquisition.
  core::Status take_lease(LeasePtr *out);
  // nullptr: it has none (yet).
  std::shared_ptr<const core::Rows> rows() const;

  enum class Subject {
    kDone,
    kWait
  };
  // False: somebody listens already. *complete: it has happened already, so tell at once.
  bool listen(Subject subject, const ListenerPtr &listener, bool *complete);
  void unlisten(Subject subject);
  ListenerPtr listener(Subject subject) const;

  // The handle is freed. Gives a lease that nobody took.
  LeasePtr abandon();

  // ---- the client's thread ----
  void show_waiting(std::string message, core::Rows rows);
  void show_rows(core::Rows rows);
  // The result is there for all to see, the first one for ever. Whoever listens by now is given;
  // whoever comes later finds that it is complete.
  struct Listeners {
    ListenerPtr done, wait;
    bool lease_wanted;  // false: the handle was freed
  };
  Listeners set_result(core::Status status, std::string message, LeasePtr lease);
  // And now those who wait may go on.
  void settle();
  bool is_complete() const { return status() != core::Status::kPending; }
  EventPtr done_event(const Listener &listener) const;  // needs no memory
  static Event last_words(const Listener &listener);
  EventPtr waiting_event(const Listener &listener) const;  // nullptr: it does not wait

 private:
  const core::OpKey key_;
  const Kind kind_;

  mutable std::mutex mutex_;
  std::condition_variable settled_cond_;
  core::Status status_ = core::Status::kPending;
  bool settled_ = false;
  bool abandoned_ = false;
  std::string message_;
  LeasePtr lease_;
  std::shared_ptr<const core::Rows> rows_;
  std::string waiting_message_;
  ListenerPtr done_, wait_;
};

using OpPtr = std::shared_ptr<Op>;

}  // namespace repolock::loop
