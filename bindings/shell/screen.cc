#include "screen.h"

#include <unistd.h>

#include <sstream>
#include <string_view>
#include <vector>

#include "terminal.h"
#include "text.h"

namespace repolock::shell {
namespace {

constexpr char kTake[] = "\033[?1049h\033[?25l";      // the other screen, without a cursor
constexpr char kGiveBack[] = "\033[?25h\033[?1049l";  // the cursor, and the screen as it was
constexpr char kHome[] = "\033[H";
constexpr char kClearLine[] = "\033[2K";
constexpr char kClearBelow[] = "\033[J";

void write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written <= 0) return;  // the terminal is gone; SIGHUP says so
    text.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace

void Screen::take() {
  if (taken_) give_back();
  has_keys_ = tcgetattr(STDIN_FILENO, &before_) == 0;
  if (has_keys_) {
    termios keys = before_;
    keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &keys);  // from the background: stopped here until it is fg
  }
  write_all(kTake);
  taken_ = true;
}

void Screen::give_back() {
  if (!taken_) return;
  write_all(kGiveBack);
  if (has_keys_) tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
  taken_ = false;
}

void Screen::draw(const std::string &text) const {
  const auto [columns, rows] = window_of(STDOUT_FILENO);
  std::vector<std::string> lines;
  std::istringstream text_lines(text);
  for (std::string line; std::getline(text_lines, line);) lines.push_back(line);
  if (lines.size() > rows) {
    lines.resize(rows);
    lines.back() = "...";
  }
  // Each line is cleared before it is written: behind a full one, the end of the line is its last
  // character.
  std::string out = kHome;
  for (size_t row = 0; row < lines.size(); ++row) {
    out += (row > 0 ? "\n" : "") + std::string(kClearLine) + cut(lines[row], columns);
  }
  if (lines.size() < rows) out += "\n" + std::string(kClearBelow);
  write_all(out);
}

}  // namespace repolock::shell
