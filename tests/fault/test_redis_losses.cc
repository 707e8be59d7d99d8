// Servers lose what they kept, or a part of it: the restart guard makes up for that, on one server and on
// three. Where it is switched off the judge sees two who hold at once; fences grow even then.
#include "fault/redis/played_rows.h"

#include "support/cmocka.h"
#include "support/run_on_redis.h"

namespace {

using namespace repolock::testing;

void the_guard_makes_up_for_what_is_lost(void **) {
  for (const size_t servers : server_counts()) {
    play_rows(kLosses, servers);
    if (is_for_the_table()) play_control(kLosses, servers);
  }
}

// So the other rows would show it.
void without_it_two_hold_at_once(void **) {
  uint64_t overlaps = 0;
  for (const size_t servers : server_counts()) overlaps += play_rows({&kUnguardedLoss, 1}, servers);
  if (is_for_the_table()) assert_true(overlaps > 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_guard_makes_up_for_what_is_lost),
      cmocka_unit_test(without_it_two_hold_at_once),
  };
  return run_on_redis(tests);
}
