// listing.h - what is in a directory.
#pragma once

#include <functional>
#include <string>

namespace repolock::port {

// Calls each(directory, name) for all that is in name of parent, "." and ".." too; directory is open
// for the call. Nothing where it cannot be read, or is a link.
void list(int parent, const char *name,
          const std::function<void(int directory, const std::string &name)> &each);

}  // namespace repolock::port
