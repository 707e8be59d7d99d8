// address.h - where the locks are, from the URL.
#pragma once

#include <string>

#include "backend/file/failure.h"

namespace repolock::backend::file {

struct Address {
  std::string path;         // absolute, no slash at its end
  bool is_default = false;  // file: alone, a directory of this user's own
};

// "file:" is /var/tmp/repolock-<uid>: on every host, on a disk (a fence survives the restart), and
// the same for all programs of this user, whatever their environment says. "file:///dir" is a
// directory of one's choice; %20 stands for a space.
Result<Address> parse_address(const std::string &url);

}  // namespace repolock::backend::file
