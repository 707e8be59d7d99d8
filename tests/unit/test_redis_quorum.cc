// What the answers of N servers add up to.
#include "backend/redis/quorum.h"

#include <vector>

#include "support/cmocka.h"

namespace {

using repolock::backend::redis::Verdict;
using repolock::backend::redis::verdict_of;
using repolock::backend::redis::Vote;
using Kind = Verdict::Kind;

const Vote kAsked = {Vote::Kind::kAsked};
const Vote kRefused = {Vote::Kind::kRefused};
const Vote kFailed = {Vote::Kind::kFailed};
const Vote kNone = {};

Vote granted(uint64_t fence, int64_t sent_ms = 100) {
  return {Vote::Kind::kGranted, fence, sent_ms};
}

void assert_verdict(const std::vector<Vote> &votes, size_t quorum, Kind kind, uint64_t fence = 0,
                    int64_t since_ms = 0) {
  const Verdict verdict = verdict_of(votes, quorum);
  assert_int_equal(verdict.kind, kind);
  assert_int_equal(verdict.fence, fence);
  assert_int_equal(verdict.since_ms, since_ms);
}

void one_server_decides_alone(void **) {
  assert_verdict({kAsked}, 1, Kind::kOpen);
  assert_verdict({granted(7)}, 1, Kind::kAgreed, 7, 100);
  assert_verdict({kRefused}, 1, Kind::kRefused);
  assert_verdict({kFailed}, 1, Kind::kUnavailable);
}

void a_quorum_that_agrees_waits_for_nobody(void **) {
  assert_verdict({granted(7), granted(7), kAsked, kAsked, kAsked}, 3, Kind::kOpen);
  assert_verdict({granted(7), granted(7), granted(7), kAsked, kAsked}, 3, Kind::kAgreed, 7, 100);
  assert_verdict({granted(7), kRefused, granted(7), granted(9), granted(7)}, 3, Kind::kAgreed, 7,
                 100);
}

// What was asked first counts least: it ends first.
void it_counts_from_the_quorum_that_was_asked_last(void **) {
  assert_verdict({granted(7, 10), granted(7, 30), granted(7, 20), granted(7, 40), kAsked}, 3,
                 Kind::kAgreed, 7, 20);
}

void different_fences_are_told_when_no_answer_can_settle_it(void **) {
  assert_verdict({granted(7), granted(8), granted(9), kAsked, kAsked}, 3, Kind::kOpen);
  assert_verdict({granted(7), granted(8), granted(9), granted(6), kAsked}, 3, Kind::kDiffers, 9);
  assert_verdict({granted(7), granted(8), granted(9), kFailed, kRefused}, 3, Kind::kDiffers, 9);
}

// Two and two, and one is away: that is certain, and hangs on nobody.
void an_even_split_is_a_refusal(void **) {
  assert_verdict({granted(7), granted(7), kRefused, kRefused, kFailed}, 3, Kind::kRefused);
  assert_verdict({granted(7), granted(7), kRefused, kRefused}, 3, Kind::kRefused);
  assert_verdict({granted(7), kRefused, kRefused, kAsked}, 3, Kind::kRefused);
}

void who_is_away_refuses_nothing(void **) {
  assert_verdict({kFailed, kFailed, kRefused, kAsked, kAsked}, 3, Kind::kRefused);
  assert_verdict({kFailed, kFailed, kFailed, granted(7), granted(7)}, 3, Kind::kUnavailable);
  assert_verdict({kFailed, kNone, kFailed, kAsked, kAsked}, 3, Kind::kUnavailable);
  assert_verdict({kFailed, kFailed, granted(7), granted(7), kAsked}, 3, Kind::kOpen);
}

void a_larger_quorum_asks_for_more(void **) {
  assert_verdict({granted(7), granted(7), granted(7), kAsked, kAsked}, 4, Kind::kOpen);
  assert_verdict({granted(7), granted(7), granted(7), kFailed, kFailed}, 4, Kind::kUnavailable);
  assert_verdict({granted(7), granted(7), granted(7), granted(7), kFailed}, 4, Kind::kAgreed, 7,
                 100);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(one_server_decides_alone),
      cmocka_unit_test(a_quorum_that_agrees_waits_for_nobody),
      cmocka_unit_test(it_counts_from_the_quorum_that_was_asked_last),
      cmocka_unit_test(different_fences_are_told_when_no_answer_can_settle_it),
      cmocka_unit_test(an_even_split_is_a_refusal),
      cmocka_unit_test(who_is_away_refuses_nothing),
      cmocka_unit_test(a_larger_quorum_asks_for_more),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
