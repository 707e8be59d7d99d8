// terminal.h - whose turn it is at the terminal. The command has a process group of its own, so it must
// be given the foreground: then Ctrl-C reaches it once, from the terminal itself.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace repolock::shell {

// 80 x 24 where fd cannot say.
struct Window {
  size_t columns = 80, rows = 24;
};
Window window_of(int fd);

class Terminal {
 public:
  Terminal();
  ~Terminal();
  Terminal(const Terminal &) = delete;
  Terminal &operator=(const Terminal &) = delete;

  int fd() const { return fd_; }  // -1: there is none

  // This process group has the foreground.
  bool foreground() const;

  // It has, and no neighbour in a pipeline (... | less) would lose it with us. Else the command starts
  // in the background and gets the foreground when it asks for it.
  bool is_ours_alone() const;

  void give(pid_t group) const;
  void take_back(pid_t group) const;  // if group has it

 private:
  int fd_;
};

}  // namespace repolock::shell
