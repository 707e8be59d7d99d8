// run_on_redis.h - the tests of a program that starts redis-servers. Include it behind cmocka.h.
#pragma once

#include <cstddef>

#include "support/redis_server.h"

namespace repolock::testing {

template <std::size_t kCount>
int run_on_redis(const CMUnitTest (&tests)[kCount]) {
  if (RedisServer::is_installed()) return cmocka_run_group_tests(tests, nullptr, nullptr);
  print_message("SKIP no redis-server here\n");
  return 77;
}

}  // namespace repolock::testing
