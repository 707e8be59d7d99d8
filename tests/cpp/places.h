// places.h - where the tests of repolock.hpp lock: each of them in memory, in files and in a Redis
// server of its own. Include it behind cmocka.h.
#pragma once

#include <repolock.hpp>

#include <optional>
#include <string>

#include "support/lock_directory.h"
#include "support/redis_server.h"

namespace repolock::testing {

struct Place {
  LockDirectory directory;
  std::optional<RedisServer> server;
  std::string url;
};

inline int in_memory(void **state) {
  static int count = 0;
  auto *place = new Place;
  place->url = "memory:cpp-" + std::to_string(++count);
  *state = place;
  return 0;
}

inline int in_files(void **state) {
  auto *place = new Place;
  place->url = place->directory.url();
  *state = place;
  return 0;
}

inline int in_redis(void **state) {
  auto *place = new Place;
  place->server.emplace();
  place->url = "redis+unix://" + place->server->path();
  *state = place;
  return place->server->is_running() ? 0 : -1;
}

inline int leave(void **state) {
  delete static_cast<Place *>(*state);
  return 0;
}

inline client client_of(void **state) {
  return client(static_cast<Place *>(*state)->url);
}

inline request at_once() {
  return request().wait(milliseconds(0));
}

inline bool is_free(client &asked, const std::string &repo) {
  std::error_code code;
  return static_cast<bool>(asked.acquire(repo, at_once(), code));
}

// What the call throws.
template <class Call>
error error_of(Call call) {
  try {
    call();
  } catch (const error &thrown) {
    return thrown;
  }
  return {std::error_code(), "nothing was thrown"};
}

}  // namespace repolock::testing

/* clang-format off */
#define ON_EACH(test) \
  {#test " (memory:)", test, in_memory, leave, nullptr}, \
  {#test " (file:)", test, in_files, leave, nullptr}, \
  {#test " (redis:)", test, in_redis, leave, nullptr}
/* clang-format on */
