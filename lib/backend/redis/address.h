// address.h - the servers that a backend URL names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backend/host/failure.h"

namespace repolock::backend::redis {

struct Endpoint {
  std::string host;  // a name in lower case, or an address without brackets; "" with a path
  uint16_t port = 6379;
  std::string path;  // absolute, of a unix socket; "" with a host

  // As people write it: "redis-1:6379", "[::1]:6379", "unix:/run/redis.sock".
  std::string name() const;
};

struct Address {
  std::vector<Endpoint> servers;  // one, or the members of a quorum in the order of the URL
  bool is_quorum = false;
  std::string user;  // "": the default one
  std::string password;
  int64_t database = 0;
};

// redis://[[user]:password@]host[:port][/database]
// redis+unix://[[user]:password@]/path
// redis+quorum://[[user]:password@]member,member,...   member: host[:port] or unix:/path
//
// An IPv6 address stands in brackets. Each may end in ?db=database. Percent signs decode in user,
// password and path. E_INVALID names what is wrong, never the password.
Result<Address> parse_address(const std::string &url);

}  // namespace repolock::backend::redis
