#include "fault/redis/judge.h"

#include <algorithm>
#include <map>
#include <vector>

namespace repolock::testing {

namespace {

using Turns = std::vector<const Turn *>;

template <class Of>
void sort_by(Turns &turns, Of of) {
  std::ranges::sort(turns, {}, [of](const Turn *turn) { return (turn->*of).load(); });
}

void judge_fences(Turns turns, Verdict *verdict) {
  std::erase_if(turns, [](const Turn *turn) { return turn->fence == 0; });
  sort_by(turns, &Turn::fence);
  for (size_t i = 1; i < turns.size(); ++i)
    verdict->equal_fences += turns[i]->fence == turns[i - 1]->fence ? 1 : 0;
  Turns by_invocation = turns;
  sort_by(turns, &Turn::returned);
  sort_by(by_invocation, &Turn::invoked);
  uint64_t largest = 0;  // of all that had returned
  size_t next = 0;
  for (const Turn *turn : by_invocation) {
    for (; next < turns.size() && turns[next]->returned < turn->invoked; ++next)
      largest = std::max(largest, turns[next]->fence.load());
    verdict->fences_back += turn->fence <= largest ? 1 : 0;
  }
}

void judge_time(Turns turns, Verdict *verdict) {
  sort_by(turns, &Turn::returned);
  int64_t end = 0;
  for (const Turn *turn : turns) {
    if (turn->held_until <= turn->returned) continue;
    verdict->overlaps += turn->returned < end ? 1 : 0;
    end = std::max(end, turn->held_until.load());
  }
}

void judge_register(const History &history, Verdict *verdict) {
  int64_t newest = 0;
  for (size_t i = 0; i < history.fenced.size(); ++i) {
    const Turn &turn = history.turns[history.fenced.writer(i)];
    verdict->old_writes += turn.returned < newest ? 1 : 0;
    newest = std::max(newest, turn.invoked.load());
  }
}

}  // namespace

Verdict judge(const History &history) {
  Verdict verdict;
  std::map<int32_t, Turns> names;
  for (size_t i = 0; i < std::min(history.size.load(), history.turns.size()); ++i)
    if (history.turns[i].returned != 0) {
      names[history.turns[i].name].push_back(&history.turns[i]);
      ++verdict.leases;
    }
  for (const auto &[name, turns] : names) {
    judge_fences(turns, &verdict);
    judge_time(turns, &verdict);
  }
  judge_register(history, &verdict);
  // After a late write nobody can say whose fault a lost one is.
  if (history.late_writes == 0 && history.counter < history.counted)
    verdict.lost_updates = history.counted - history.counter;
  return verdict;
}

}  // namespace repolock::testing
