// descriptor.h - file descriptors that no other program inherits by accident.
#pragma once

namespace repolock::port {

// Another number for the same open file description, closed on exec; -1 with errno.
int duplicate(int fd);

// The highest number that so many new descriptors would have. Throws std::system_error where there
// are not as many to be had.
int highest_of_new(int count);

}  // namespace repolock::port
