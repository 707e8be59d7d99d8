/* redis_place.h - a place with a redis-server of its own, on a socket in the place's directory; it ends
 * with the test, however that ends.
 */
#ifndef REPOLOCK_TESTS_REDIS_PLACE_H
#define REPOLOCK_TESTS_REDIS_PLACE_H

#include "api.h"

#include <fcntl.h>
#include <sys/prctl.h>

/* Until it says that it is ready. */
static inline bool await_server(int output) {
  char said[16384];
  size_t size = 0;
  ssize_t more;
  do {
    more = read(output, said + size, sizeof said - size - 1);
    if (more > 0) size += (size_t)more;
    said[size] = '\0';
    if (strstr(said, "eady to accept connections") != NULL) return true;
  } while (more > 0);
  print_error("no redis-server: %s\n", said);
  return false;
}

static inline void be_server(const struct place *place, const char *socket, int output) {
  const int none = open("/dev/null", O_RDONLY);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(none, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", socket, "--dir",
         place->directory, "--save", "", "--appendonly", "no", (char *)NULL);
  _exit(127);
}

static inline int redis_place(void **state) {
  char socket[80];
  int ends[2];
  if (file_place(state) != 0 || pipe2(ends, O_CLOEXEC) != 0) return -1;
  struct place *place = *state;
  snprintf(socket, sizeof socket, "%s/socket", place->directory);
  snprintf(place->url, sizeof place->url, "redis+unix://%s", socket);
  place->server = fork();
  if (place->server == 0) be_server(place, socket, ends[1]);
  close(ends[1]);
  const bool is_ready = place->server > 0 && await_server(ends[0]);
  close(ends[0]);
  return is_ready ? 0 : -1;
}

/* clang-format off */
#define ON_REDIS(test) {#test " (redis:)", test, redis_place, leave_place, NULL}
#define ON_EACH(test) ON_BOTH(test), ON_REDIS(test)
/* clang-format on */

#endif
