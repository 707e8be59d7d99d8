#include "backend/redis/quorum.h"

#include <algorithm>
#include <functional>
#include <vector>

namespace repolock::backend::redis {

namespace {

size_t count(std::span<const Vote> votes, Vote::Kind kind) {
  return static_cast<size_t>(std::ranges::count(votes, kind, &Vote::kind));
}

// When those were asked who carry that fence, the latest first.
std::vector<int64_t> asked_at(std::span<const Vote> votes, uint64_t fence) {
  std::vector<int64_t> times;
  for (const Vote &vote : votes)
    if (vote.kind == Vote::Kind::kGranted && vote.fence == fence) times.push_back(vote.sent_ms);
  std::ranges::sort(times, std::greater());
  return times;
}

}  // namespace

Verdict verdict_of(std::span<const Vote> votes, size_t quorum) {
  const size_t granted = count(votes, Vote::Kind::kGranted);
  const size_t open = count(votes, Vote::Kind::kAsked);
  size_t most = 0;
  uint64_t highest = 0;
  for (const Vote &vote : votes) {
    if (vote.kind != Vote::Kind::kGranted) continue;
    highest = std::max(highest, vote.fence);
    const auto times = asked_at(votes, vote.fence);
    most = std::max(most, times.size());
    if (times.size() >= quorum) return {Verdict::Kind::kAgreed, vote.fence, times[quorum - 1]};
  }
  if (granted + open < quorum) {
    const size_t failed = count(votes, Vote::Kind::kFailed) + count(votes, Vote::Kind::kNone);
    const bool is_out_of_reach = failed > votes.size() - quorum;
    return {is_out_of_reach ? Verdict::Kind::kUnavailable : Verdict::Kind::kRefused};
  }
  if (granted >= quorum && most + open < quorum) return {Verdict::Kind::kDiffers, highest};
  return {};
}

}  // namespace repolock::backend::redis
