#include "port/process_age.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "port/process.h"

namespace repolock::port {

uint64_t pid_namespace() {
  struct stat about {};
  return stat("/proc/self/ns/pid", &about) == 0 ? about.st_ino : 0;
}

bool process_is_gone(int64_t pid, int64_t start) {
  if (pid <= 0) return false;
  if (getsid(static_cast<pid_t>(pid)) < 0) return errno == ESRCH;
  const int64_t seen = process_start(pid);
  return seen >= 0 && start >= 0 && seen != start;
}

}  // namespace repolock::port
