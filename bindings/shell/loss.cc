#include "loss.h"

#include <repolock/repolock.h>

#include <algorithm>

#include "console.h"
#include "duration.h"
#include "json.h"

namespace repolock::shell {
namespace {

constexpr int64_t kOverlapAtMost = 1'000;  // where somebody else may have the lock already

}  // namespace

int64_t grace_ms(int64_t remaining_ms, const RunOptions &run) {
  if (remaining_ms == INT64_MAX) return run.kill_after_ms;
  if (remaining_ms <= 0) return std::min(run.kill_after_ms, kOverlapAtMost);
  // A fifth stays free for the dying: ttl/30, as the news comes when ttl/6 is left.
  return std::min(run.kill_after_ms, remaining_ms - remaining_ms / 5);
}

void tell_loss(const Common &common, const std::string &repo, const std::string &why,
               int64_t grace_ms) {
  if (common.json) {
    JsonObject json;
    json.text("event", "lost").text("repo", repo).text("message", why);
    return tell_json(json.number_or_null("kill_after_ms", grace_ms));
  }
  // why is the library's sentence, and names the repository
  tell(why + (grace_ms < 0
                  ? "; the command goes on without it"
                  : "; the command is stopped (SIGTERM, in " + span_text(grace_ms) + " SIGKILL)"));
}

}  // namespace repolock::shell
