// wait_line.h - what `repolock run` says while it waits: one line, kept up to date.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "options.h"
#include "rows.h"

namespace repolock::shell {

class WaitLine {
 public:
  // in_place: stderr is a terminal that is ours, so the line is written over itself. Else there is a new
  // one when the holder has changed, and every 30 s.
  WaitLine(const Common &common, std::string repo, bool in_place, int64_t now);
  ~WaitLine() { clear(); }

  void update(const RepoRows &rows, int64_t now);

  // Says what is due.
  void refresh(int64_t now);

  // The window has another width: what is on the screen is written again.
  void resize();

  // For poll: until something is due; -1: nothing.
  int timeout(int64_t now) const;

  // Takes the line from the terminal.
  void clear();

 private:
  std::string text(int64_t now) const;
  JsonObject json(int64_t now) const;
  void say(int64_t now);

  const Common &common_;
  const std::string repo_;
  const bool in_place_;
  const int64_t since_;
  RepoRows rows_;
  int64_t rows_at_ = 0;
  std::string said_of_;  // the lease of the holder that was named last
  int64_t due_ = -1;
  int64_t said_at_ = -1;
  bool on_screen_ = false;
};

}  // namespace repolock::shell
