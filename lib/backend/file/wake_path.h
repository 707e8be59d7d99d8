// wake_path.h - the address of a client's socket.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>

#include "backend/file/directory.h"

namespace repolock::backend::file {

// In wake/. It needs no memory, so that a socket can always be removed.
struct WakeName {
  char text[17];
};
WakeName wake_name(uint64_t id);

// An address holds 107 bytes of path; a longer way leads through a descriptor of the directory.
class WakePath {
 public:
  WakePath(const Directory &directory, uint64_t id);

  const sockaddr *address() const { return reinterpret_cast<const sockaddr *>(&address_); }
  socklen_t size() const { return sizeof address_; }

 private:
  sockaddr_un address_{};
};

}  // namespace repolock::backend::file
