// one_thread.h - one thread of a child is stopped while the others run on: a signal stops them all,
// so it is done as a debugger does it. Only the process that made the child may.
#pragma once

#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <string>

#include "support/child.h"

namespace repolock::testing {

// Of this process.
inline std::set<pid_t> threads() {
  std::set<pid_t> all;
  for (const auto &task : std::filesystem::directory_iterator("/proc/self/task"))
    all.insert(std::stoi(task.path().filename().string()));
  return all;
}

// When it returns true the thread has stopped. False: it may not be traced.
inline bool stop_thread(pid_t thread) {
  if (ptrace(PTRACE_SEIZE, thread, nullptr, nullptr) != 0) return false;
  ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr);
  int status = 0;
  return waitpid(thread, &status, __WALL) == thread;
}

inline void continue_thread(pid_t thread) {
  ptrace(PTRACE_DETACH, thread, nullptr, nullptr);
}

// One that was killed while it was stopped has not gone before that is noticed.
inline void bury_thread(pid_t thread) {
  waitpid(thread, nullptr, __WALL);
}

inline bool may_stop_threads() {
  Child child([](Child &) { return pause(); });
  const bool may = stop_thread(child.pid());
  continue_thread(child.pid());
  return may;
}

}  // namespace repolock::testing
