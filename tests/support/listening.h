// listening.h - sockets that a test listens on, and calls.
#pragma once

#include <cstdint>
#include <string>

namespace repolock::testing {

// Descriptors that do not block; -1: it could not be.
int listen_unix(const std::string &path);
int listen_tcp(uint16_t *port);  // on the loopback, on a port that was free
int connect_unix(const std::string &path);

// As if the machine was gone: what is unsent is thrown away.
void reset_connection(int fd);

}  // namespace repolock::testing
