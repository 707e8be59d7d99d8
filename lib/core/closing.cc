// closing.cc - the end of a client: waiters are told, holders may release, the rest is lost.
#include <algorithm>
#include <utility>

#include "core/engine.h"
#include "core/sentence.h"

namespace repolock::core {

void Engine::shutdown(OpKey op, Millis timeout, Millis now) {
  begin(now);
  if (closing_ == Closing::kClosed) return complete(op, closing_status_, "");
  closing_ops_.push_back(op);
  if (closing_ == Closing::kDraining) return;  // joins the first
  closing_ = Closing::kDraining;
  closing_deadline_ = after(now_, timeout);
  linger_until_ = after(closing_deadline_, settings_.release_timeout);
  while (!acquisitions_.empty()) {
    Acquisition &acquisition = acquisitions_.begin()->second;
    const std::string repo = wanted(acquisition);
    fail(acquisition, Status::kShutdown, "the client was shut down while " + repo + " was awaited");
  }
  drain();
}

bool Engine::drained() const {
  for (const auto &[key, lease] : leases_)
    if (lease.state == Lease::State::kHeld || lease.state == Lease::State::kReleasing ||
        lease.state == Lease::State::kLost)
      return false;
  return std::none_of(sent_.begin(), sent_.end(), [](const auto &entry) {
    return entry.second.purpose == Sent::For::kAbandoned ||
           entry.second.purpose == Sent::For::kCleanup || entry.second.purpose == Sent::For::kQuery;
  });
}

// Called again whenever something has ended, and at the deadlines.
void Engine::drain() {
  if (closing_ != Closing::kDraining) return;
  if (drained()) return finish_closing();
  if (now_ < closing_deadline_) {
    deadlines_.set({Wake::What::kClosing, 0}, closing_deadline_);
    return;
  }
  lose_all_held();
  // Releases and clean-ups that are under way have their own, short time.
  const bool under_way = std::any_of(leases_.begin(), leases_.end(),
                                     [](const auto &entry) {
                                       return entry.second.state == Lease::State::kReleasing;
                                     }) ||
                         std::any_of(sent_.begin(), sent_.end(), [](const auto &entry) {
                           return entry.second.purpose == Sent::For::kAbandoned ||
                                  entry.second.purpose == Sent::For::kCleanup;
                         });
  if (under_way && now_ < linger_until_) {
    deadlines_.set({Wake::What::kClosing, 0}, linger_until_);
    return;
  }
  finish_closing();
}

// Nobody knows whether the work has stopped: they are left to their ttl.
void Engine::lose_all_held() {
  std::vector<LeaseKey> held;
  for (const auto &[key, lease] : leases_)
    if (lease.state == Lease::State::kHeld) held.push_back(key);
  for (const LeaseKey key : held) {
    Lease &lease = leases_.at(key);
    lose(lease, LossReason::kShutdown, lease.parts.front().repo, "");
  }
}

void Engine::finish_closing() {
  closing_ = Closing::kClosed;
  linger_until_ = std::min(linger_until_, now_ + settings_.release_timeout);
  deadlines_.clear({Wake::What::kClosing, 0});
  deadlines_.clear({Wake::What::kHeartbeat, 0});
  std::erase_if(sent_, [](const auto &entry) {  // what they are for ends with the client
    return entry.second.purpose == Sent::For::kRepeat;
  });
  for (auto &[id, sent] : sent_) {
    if (sent.op != 0 && (sent.purpose == Sent::For::kQuery || sent.purpose == Sent::For::kExtend))
      complete(sent.op, Status::kShutdown, "the client was shut down");
    if (sent.purpose != Sent::For::kAbandoned) sent.purpose = Sent::For::kCleanup;
    sent.op = 0;
  }
  if (!sent_.empty()) deadlines_.set({Wake::What::kClosing, 0}, linger_until_);
  std::vector<LeaseKey> keys;
  for (const auto &[key, lease] : leases_) keys.push_back(key);
  for (const LeaseKey key : keys) {
    Lease &lease = leases_.at(key);
    if (lease.state == Lease::State::kReleasing) {
      closing_status_ = Status::kUnknown;
      for (const OpKey op : lease.release_ops)
        complete(op, Status::kUnknown, "the release got no answer; the lease ends by its ttl");
      drop(lease);
    } else if (lease.release_at == kForever) {
      drop(lease);  // ends by its ttl, at the backend
    } else {
      lease.state = Lease::State::kLeft;  // only this process can end it
    }
  }
  for (const OpKey op : std::exchange(closing_ops_, {}))
    complete(op, closing_status_,
             closing_status_ == Status::kOk ? "" : "a release got no answer; it ends by its ttl");
}

void Engine::abandon(Millis now) {
  begin(now);
  if (closing_ == Closing::kClosed) return;
  while (!acquisitions_.empty()) {
    Acquisition &acquisition = acquisitions_.begin()->second;
    const std::string repo = wanted(acquisition);
    fail(acquisition, Status::kShutdown, "the client was freed while " + repo + " was awaited");
  }
  lose_all_held();
  closing_ = Closing::kDraining;
  linger_until_ = now_ + settings_.release_timeout;
  finish_closing();
}

bool Engine::idle(Millis now) const {
  if (closing_ != Closing::kClosed || !leases_.empty()) return false;
  return sent_.empty() || now >= linger_until_;
}

}  // namespace repolock::core
