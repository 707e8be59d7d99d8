// process.h - who we are, for those who wait behind us.
#pragma once

#include <cstdint>
#include <string>

namespace repolock::port {

std::string host_name();
std::string boot_id();  // of this start of the machine; "" where the system does not tell

// In clock ticks since boot: with the pid it names one process. -1: gone, or not told.
int64_t process_start(int64_t pid);

}  // namespace repolock::port
