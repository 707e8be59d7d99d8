// descriptor.h - file descriptors that no other program inherits by accident.
#pragma once

namespace repolock::port {

// Another number for the same open file description, closed on exec; -1 with errno.
int duplicate(int fd);

}  // namespace repolock::port
