// fork.h - what a process-wide table needs so that a forked child is never caught by it.
//
// A child of fork() has one thread and a copy of everything else: of a mutex that another thread
// held it has one that nobody will ever unlock, and of a lock's descriptor one that keeps the lock
// after the parent has let it go. So:
//
//   int64_t made_in = port::process_id();           // a table belongs to the process that made it
//   static constinit port::ForkSafeMutex g_mutex;   // for the table itself
//
//   {                                               // a descriptor that must not live on in a child
//     port::ForkGuard no_fork;
//     fd = open(path, O_RDWR | O_CLOEXEC);
//     port::close_in_child(fd);
//   }
//   ...
//   {
//     port::ForkGuard no_fork;
//     port::forget_in_child(fd);
//     close(fd);
//   }
//
// None of it hears of vfork, posix_spawn or a bare clone: for these there is O_CLOEXEC.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

namespace repolock::port {

// Of this process, also in a child that was made by a bare clone. No system call, but for the first one.
int64_t process_id();

// A mutex that fork() takes before and lets go after, on both sides: a child never meets it locked,
// nor what it guards half changed. Only for objects that live as long as the process; it has no
// destructor, so it may be a global. Hold no two of them at once, and none across a fork.
class ForkSafeMutex {
 public:
  constexpr ForkSafeMutex() = default;
  ForkSafeMutex(const ForkSafeMutex &) = delete;
  ForkSafeMutex &operator=(const ForkSafeMutex &) = delete;

  void lock();
  void unlock() { mutex_.unlock(); }

 private:
  friend struct ForkHandlers;
  void enlist();

  std::mutex mutex_;
  std::atomic<bool> enlisted_{false};
  ForkSafeMutex *next_ = nullptr;
};

// While one lives no fork() goes through, so that opening a descriptor and registering it, or
// forgetting it and closing it, are one step: without it a child inherits what was not registered
// yet, or closes a number that is somebody else's by then. Keep it short, never nest it.
class ForkGuard {
 public:
  ForkGuard();
  ~ForkGuard();
  ForkGuard(const ForkGuard &) = delete;
  ForkGuard &operator=(const ForkGuard &) = delete;
};

// Inside a ForkGuard only. A forked child closes fd at once, before fork() returns there, and never
// unlocks through it. false: out of memory, it is not registered.
[[nodiscard]] bool close_in_child(int fd);

// Inside a ForkGuard only, and before fd is closed in the same one.
void forget_in_child(int fd);

}  // namespace repolock::port
