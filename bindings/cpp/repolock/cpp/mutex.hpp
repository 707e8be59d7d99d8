// mutex.hpp - one repository as a mutex.
#ifndef REPOLOCK_CPP_MUTEX_HPP
#define REPOLOCK_CPP_MUTEX_HPP

#include <repolock/cpp/client.hpp>

#include <chrono>
#include <mutex>
#include <string>
#include <utility>

namespace repolock {

// One repository as a mutex: Lockable and TimedLockable, for std::unique_lock and std::scoped_lock.
// Threads that share it come one at a time; for what one does before unlock() the next one sees.
class mutex {
 public:
  mutex(client &owner, std::string repo, request how = {})
      : client_(owner), repo_(std::move(repo)), how_(std::move(how)) {}
  mutex(const mutex &) = delete;
  mutex &operator=(const mutex &) = delete;

  // Waits without end, unless the request says otherwise.
  void lock() {
    std::unique_lock<std::timed_mutex> turn(threads_);
    request how = how_;
    if (!how.wait_) how.wait_forever();
    lease_ = client_.acquire(repo_, how);
    turn.release();
  }
  // False: somebody has it. Anything else that is wrong is thrown.
  bool try_lock() {
    std::unique_lock<std::timed_mutex> turn(threads_, std::try_to_lock);
    return turn && obtained(turn, milliseconds(0));
  }
  template <class Rep, class Period>
  bool try_lock_for(const std::chrono::duration<Rep, Period> &limit) {
    return try_lock_until(std::chrono::steady_clock::now() + limit);
  }
  template <class Clock, class Duration>
  bool try_lock_until(const std::chrono::time_point<Clock, Duration> &deadline) {
    std::unique_lock<std::timed_mutex> turn(threads_, deadline);
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    return turn && obtained(turn, left > milliseconds(0) ? left : milliseconds(0));
  }
  // Says nothing of a lease that was lost: ask holding() before.
  void unlock() noexcept {
    lease_ = lease();
    threads_.unlock();
  }

  // For whoever has locked it: the fence, and whether it still holds.
  lease &holding() noexcept { return lease_; }

 private:
  bool obtained(std::unique_lock<std::timed_mutex> &turn, milliseconds wait) {
    try {
      lease_ = client_.acquire(repo_, request(how_).wait(wait));
    } catch (const error &failed) {
      if (failed.code() == errc::held || failed.code() == errc::timeout) return false;
      throw;
    }
    turn.release();
    return true;
  }

  client &client_;
  const std::string repo_;
  const request how_;
  std::timed_mutex threads_;
  lease lease_;
};

}  // namespace repolock

#endif
