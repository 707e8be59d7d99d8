// lease.h - the holder's side of a lease: what any thread may ask of it, without asking the loop.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/command.h"
#include "loop/event.h"

namespace repolock::loop {

class Lease {
 public:
  explicit Lease(core::Granted granted);

  core::LeaseKey key() const { return granted_.key; }
  const core::Granted &granted() const { return granted_; }

  // ---- any thread ----

  // kOk, kLost or kShutdown (for good), kInvalid after a release. Looks at the clock itself: after a
  // pause the first to ask learns of the loss, not the first timer that runs. *noticed: this call
  // was the one, and the engine is to be told.
  core::Status status(core::Millis now, bool *noticed);
  const char *message() const;  // borrowed from this lease
  core::Millis remaining(core::Millis now, bool *noticed);

  // A descriptor of the caller's own, for the name at index of the request, or -1.
  int inherit_fd(size_t index) const;

  // From now on it is no longer lost, only released. False: it was so already.
  bool start_release();

  // False: somebody listens already (kInvalid), or it is being released. *lost: tell at once.
  bool listen(const ListenerPtr &listener, bool *lost);
  void unlisten();
  ListenerPtr listener() const;

  // What the release came to, once it is over.
  std::optional<core::Failure> release_result() const;

  // ---- the client's thread ----

  // False: somebody was told already that it is lost.
  bool extend(core::Millis valid_until, core::Millis lost_at);
  // Who is to be told, or nullptr: nobody listens yet, or it is being released. Needs no memory.
  ListenerPtr lose(core::Lost lost);
  bool is_told() const;  // or would have been, if anybody listened
  EventPtr lost_event(const Listener &listener, core::Millis now) const;
  // The same, of a loss with the client itself.
  Event last_words(const Listener &listener) const;

  void set_release_result(core::Failure result);

 private:
  core::Status status_locked(core::Millis now, bool *noticed);

  const core::Granted granted_;

  mutable std::mutex mutex_;
  core::Millis valid_until_;
  core::Millis lost_at_;
  core::Status status_ = core::Status::kOk;  // kOk, kLost or kShutdown
  bool told_ = false;  // of the loss, by the client's thread; a getter may have seen it before
  bool releasing_ = false;
  std::string message_;
  std::optional<core::Failure> release_result_;
  std::string repo_;
  core::LossReason reason_ = core::LossReason::kExpired;
  ListenerPtr listener_;
};

using LeasePtr = std::shared_ptr<Lease>;

}  // namespace repolock::loop
