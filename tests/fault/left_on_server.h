/* left_on_server.h - what clients have left on the redis-server of a place when all of them are gone:
 * no connection, and after a ttl and the lock delay no lock. Who could not say that it left a queue stays
 * in it for a minute, and is passed over.
 */
#ifndef REPOLOCK_TESTS_LEFT_ON_SERVER_H
#define REPOLOCK_TESTS_LEFT_ON_SERVER_H

#include "api/redis_place.h"

#include <sys/socket.h>
#include <sys/un.h>

/* The number behind `before` in what it says to one line; -1: there is none. */
static inline long ask_server(const struct place *place, const char *line, const char *before) {
  struct sockaddr_un at = {AF_UNIX, ""};
  char said[4096] = "";
  snprintf(at.sun_path, sizeof at.sun_path, "%s/socket", place->directory);
  const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(server, (struct sockaddr *)&at, sizeof at) == 0 &&
      dprintf(server, "%s\r\n", line) > 0 && read(server, said, sizeof said - 1) < 0)
    said[0] = '\0';
  close(server);
  const char *number = strstr(said, before);
  return number == NULL ? -1 : strtol(number + strlen(before), NULL, 10);
}

/* A shared one that ran out is there until somebody looks. */
static inline long locks_left(const struct place *place) {
  return ask_server(place,
                    "EVAL \"local left, now = 0, redis.call('TIME')[1] * 1000 "
                    "for _, key in ipairs(redis.call('KEYS', '*')) do "
                    "  if key:match('}$') then left = left + 1 end "
                    "  if key:match(':r$') then "
                    "    left = left + redis.call('ZCOUNT', key, now, '+inf') end "
                    "end "
                    "return left\" 0",
                    ":");
}

/* But the one that asks. */
static inline long connections_left(const struct place *place) {
  return ask_server(place, "INFO clients", "connected_clients:") - 1;
}

/* Only a hang ends in false. */
static inline bool nothing_is_left(const struct place *place) {
  alarm(HANG_SECONDS);
  for (int left_ms = HANG_SECONDS * 500; left_ms > 0; left_ms -= 10) {
    if (locks_left(place) == 0 && connections_left(place) == 0) return true;
    usleep(10000);
  }
  fprintf(stderr, "left on the server: %ld locks, %ld connections\n", locks_left(place),
          connections_left(place));
  return false;
}

#endif
