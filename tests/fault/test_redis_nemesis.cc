// Workers with real redis-servers, one, three or five, while a nemesis works: no promise is broken, and the
// work goes on afterwards. The control, classic Redlock under the same nemesis, breaks them.
#include "fault/redis/played_rows.h"

#include "support/cmocka.h"
#include "support/run_on_redis.h"

namespace {

using namespace repolock::testing;

// On five servers, unless it is for the table, only the last one, which is any of them.
void the_library_breaks_no_promise(void **) {
  play_rows(kFaults, 1);
  play_rows(kFaults, 3);
  play_rows(is_for_the_table() ? kFaults : kFaults.last(1), 5);
}

// For the table all of it, else what never fails to show.
void the_control_breaks_them(void **) {
  uint64_t broken = play_control(is_for_the_table() ? kFaults : kFaults.first(1), 1);
  if (is_for_the_table()) broken += play_control(kFaults, 3) + play_control(kFaults, 5);
  assert_true(broken > 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_library_breaks_no_promise),
      cmocka_unit_test(the_control_breaks_them),
  };
  return run_on_redis(tests);
}
