// closing.cc - on the client's thread: the last news, and the end of the thread itself.
#include <utility>

#include "loop/client.h"
#include "port/clock.h"

namespace repolock::loop {

// The engine has closed. Callers' posts are refused from here on; those that were accepted come
// before the end, as the mailbox keeps their order.
void Client::close() {
  phase_ = Phase::kClosing;
  {
    const std::lock_guard lock(mutex_);
    accepting_ = false;
    if (!shutdowns_.empty()) end_ = {shutdowns_.front().status, shutdowns_.front().message};
  }
  loop_.post([this] { tell_the_end(); });
}

// The DONE of a shutdown is the client's last event; whoever blocks in it goes on when the last
// callback and free_user_data have run.
void Client::tell_the_end() {
  std::vector<Op::Listeners> heard_by;
  for (const ShutdownResult &shutdown : shutdowns_) {
    heard_by.push_back(shutdown.op->set_result(shutdown.status, shutdown.message, nullptr));
    listeners_.erase(heard_by.back().done);
  }
  while (!listeners_.empty()) end(*listeners_.begin());
  log_listener_.reset();
  for (size_t index = 0; index < shutdowns_.size(); ++index) {
    const ListenerPtr &done = heard_by[index].done;
    if (!done) continue;
    deliver_once(done, shutdowns_[index].op->done_event(*done));
    end(done);
  }
  queue_.close();
  for (const ShutdownResult &shutdown : shutdowns_) shutdown.op->settle();
  shutdowns_.clear();
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
    for (const OpPtr &late : std::exchange(late_shutdowns_, {})) late->settle();
  }
  phase_ = Phase::kTold;
  stop_when_idle();
}

// What nobody released lives on to its ttl, and with it this thread, where only this process can
// end it.
void Client::stop_when_idle() {
  if (phase_ != Phase::kTold || !engine_->idle(port::now_ms())) return;
  phase_ = Phase::kStopped;
  loop_.stop([this] {
    backend_.reset();
    loop_.timer_free(std::exchange(timer_, nullptr));
  });
}

}  // namespace repolock::loop
