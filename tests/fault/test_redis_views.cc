// Five servers, and each client reaches others of them: no promise is broken, and whoever reaches a quorum
// goes on.
#include "fault/redis/played_rows.h"

#include "support/cmocka.h"
#include "support/run_on_redis.h"

namespace {

using namespace repolock::testing;

void a_parted_network_gives_nothing_twice(void **) {
  play_rows(kViews, 5);
  if (is_for_the_table()) play_control(kViews, 5);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_parted_network_gives_nothing_twice),
  };
  return run_on_redis(tests);
}
