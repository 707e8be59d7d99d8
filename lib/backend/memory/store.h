// store.h - the locks of all names, and the clients that share them.
//
// Clients live on different threads: all but url, mutex and is_of_this_process is called with the
// mutex held.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "backend/memory/alarm.h"
#include "backend/memory/faults.h"
#include "backend/memory/listener.h"
#include "backend/memory/lock.h"

namespace repolock::backend::memory {

class Store {
 public:
  explicit Store(std::string url);

  const std::string &url() const { return url_; }
  std::mutex &mutex() { return mutex_; }
  // A forked child has a copy of the store whose mutex another thread may have held: hands off.
  bool is_of_this_process() const;

  void join(Alarm *alarm) { alarms_.push_back(alarm); }
  // The waiters of that client leave the queues; what it holds is left to its ttl.
  void part(Alarm *alarm, const Listener *listener, int64_t now) noexcept;
  // That acquire leaves the queue, without an answer. Whether it stood there.
  bool withdraw(const Listener *listener, uint64_t request_id, int64_t now) noexcept;

  // A name stays for good: its fence must not go back.
  Lock &lock_of(const std::string &repo);
  std::map<std::string, Lock> &locks() { return locks_; }
  // After every change of a lock.
  void settle(Lock &lock, int64_t now);
  // Does what time has made due, and has the alarms ring for what comes next.
  void tick(int64_t now);

  Faults &faults() { return faults_; }
  void suffer(const Fault &fault, int64_t now);

 private:
  void ring_alarms();
  void ring_now(int64_t now);
  void take_all_away(int32_t reason, int64_t now);

  const std::string url_;
  const int64_t made_in_;  // process id
  std::mutex mutex_;
  std::map<std::string, Lock> locks_;
  std::vector<Alarm *> alarms_;
  Faults faults_;
  // Nothing is due before; it may be early. Every client's alarm is set to it, so that a thread
  // that is stuck or gone holds up nobody else's grant.
  int64_t due_ = INT64_MAX;
};

}  // namespace repolock::backend::memory
