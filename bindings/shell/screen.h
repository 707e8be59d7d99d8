// screen.h - a whole terminal, written over again and again, and given back as it was.
#pragma once

#include <termios.h>
#include <unistd.h>

#include <string>

namespace repolock::shell {

class Screen {
 public:
  Screen() { take(); }
  ~Screen() { give_back(); }
  Screen(const Screen &) = delete;
  Screen &operator=(const Screen &) = delete;

  // Also after somebody else had it (Ctrl-Z): keys come at once and are not shown, the cursor is gone,
  // and what was there before is kept for later.
  void take();
  void give_back();

  // Where keys are read; -1: stdin is no terminal.
  int keys() const { return has_keys_ ? STDIN_FILENO : -1; }

  // As many lines, and as much of each, as there is room for.
  void draw(const std::string &text) const;

 private:
  bool taken_ = false;
  bool has_keys_ = false;
  termios before_ = {};
};

}  // namespace repolock::shell
