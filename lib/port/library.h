// library.h - a shared library of somebody else's, loaded by its path and for good: what it has
// started, no unloading would end.
#pragma once

#include <string>

namespace repolock::port {

// path is absolute. All that it needs is bound at once, and its symbols are shown to nobody else.
// nullptr: error goes on from its name, "is built for aarch64, and this program for x86-64; ...".
void *load_library(const std::string &path, std::string &error);

// nullptr: it has no such function.
void *find_function(void *library, const char *name);

}  // namespace repolock::port
