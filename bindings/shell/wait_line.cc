#include "wait_line.h"

#include <unistd.h>

#include <algorithm>

#include "console.h"
#include "duration.h"
#include "terminal.h"
#include "text.h"

namespace repolock::shell {
namespace {

constexpr int64_t kRepeat = 30'000;
constexpr int64_t kRepeatInPlace = 1'000;
constexpr int64_t kLeast = 5'000;  // between two lines, however fast the holders change

}  // namespace

WaitLine::WaitLine(const Common &common, std::string repo, bool in_place, int64_t now)
    : common_(common), repo_(std::move(repo)), in_place_(in_place && !common.json), since_(now) {}

void WaitLine::update(const RepoRows &rows, int64_t now) {
  rows_ = rows;
  rows_at_ = now;
  const std::string holder = rows.holders.empty() ? "" : rows.holders[0].lease_id;
  if (said_at_ < 0 || in_place_) {
    due_ = now;
  } else if (holder != said_of_) {
    due_ = std::min(due_, std::max(now, said_at_ + kLeast));
  }
}

void WaitLine::refresh(int64_t now) {
  if (common_.quiet || due_ < 0 || now < due_) return;
  say(now);
  said_of_ = rows_.holders.empty() ? "" : rows_.holders[0].lease_id;
  said_at_ = now;
  due_ = now + (in_place_ ? kRepeatInPlace : kRepeat);
}

void WaitLine::resize() {
  if (on_screen_) due_ = 0;
}

int WaitLine::timeout(int64_t now) const {
  return common_.quiet || due_ < 0 ? -1 : static_cast<int>(std::max<int64_t>(due_ - now, 0));
}

void WaitLine::clear() {
  if (on_screen_) tell_raw("\r\033[K");
  on_screen_ = false;
  due_ = said_at_ = -1;
}

std::string WaitLine::text(int64_t now) const {
  std::string out = "waiting for " + printable(repo_);
  if (!rows_.holders.empty()) {
    const Row &first = rows_.holders[0];
    const size_t others = rows_.holders.size() - 1;
    out += ": held by " + owner_text(first);
    if (others > 0) out += " and " + std::to_string(others) + (others == 1 ? " other" : " others");
    if (first.age_ms >= 0) out += " for " + age_text(first.age_ms + now - rows_at_);
  }
  const int64_t place = rows_.waiters.empty() ? -1 : rows_.waiters[0].place;
  if (place == 1) out += ", you are next";
  if (place > 1) out += ", " + std::to_string(place - 1) + " ahead of you";
  return out;
}

JsonObject WaitLine::json(int64_t now) const {
  const int64_t place = rows_.waiters.empty() ? -1 : rows_.waiters[0].place;
  return JsonObject()
      .text("event", "waiting")
      .text("repo", repo_)
      .number("waited_ms", now - since_)
      .number_or_null("place", place)
      .raw("holders", json_of(rows_.holders));
}

void WaitLine::say(int64_t now) {
  if (common_.json) return tell_json(json(now));
  if (!in_place_) return tell(text(now));
  tell_raw("\r\033[K" + cut("repolock: " + text(now), window_of(STDERR_FILENO).columns - 1));
  on_screen_ = true;
}

}  // namespace repolock::shell
