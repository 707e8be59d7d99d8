// signals.h - the signals of one who waits or watches: blocked, and read from a descriptor. No handler is ever
// installed, so the command finds every disposition as `repolock` was given it.
#pragma once

#include <signal.h>

#include <initializer_list>

namespace repolock::shell {

class Signals {
 public:
  // Before the first thread. A signal that is ignored (nohup) stays ignored. Those of also_blocked are
  // not read, only kept away.
  explicit Signals(std::initializer_list<int> also_blocked);
  ~Signals();
  Signals(const Signals &) = delete;
  Signals &operator=(const Signals &) = delete;

  int fd() const { return fd_; }

  // The next signal that has arrived; 0: none.
  int next() const;

  // In a child, before exec: mask and dispositions as they were. Safe between fork and exec.
  void restore() const;

  // Lets the whole process group be stopped, as the terminal would have done it. True: it was stopped,
  // and goes on; false: it was not, since there is no shell that could continue it.
  bool stop_group(int signo) const;

  // Dies of SIGINT, for a shell ends its script only when a command *died* of Ctrl-C.
  [[noreturn]] void die_interrupted() const;

 private:
  int fd_ = -1;
  sigset_t before_;
  struct sigaction child_before_;
};

// Ends a program that does not know better.
bool is_ending(int signo);

}  // namespace repolock::shell
