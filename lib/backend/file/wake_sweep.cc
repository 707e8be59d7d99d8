// wake_sweep.cc - clients that were killed leave their sockets behind.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>

#include "backend/file/wake_path.h"
#include "backend/file/wake_socket.h"
#include "port/listing.h"

namespace repolock::backend::file {

namespace {

constexpr time_t kOldSeconds = 60;

bool is_old(const struct stat &about) {
  return time(nullptr) - about.st_mtime > kOldSeconds;
}

// Nobody is behind it any more. The others are not told anything by it.
bool is_abandoned(const Directory &directory, uint64_t id) {
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  const WakePath path(directory, id);
  const bool is_refused = connect(fd, path.address(), path.size()) != 0 && errno == ECONNREFUSED;
  ::close(fd);
  return is_refused;
}

}  // namespace

void sweep_wake_directory(const Directory &directory) {
  port::list(directory.wake_fd(), ".", [&](int wake, const std::string &name) {
    struct stat about {};
    if (fstatat(wake, name.c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0 || !is_old(about)) return;
    const uint64_t id = std::strtoull(name.c_str(), nullptr, 16);
    const bool is_draft = S_ISREG(about.st_mode) && name.compare(0, 5, ".new-") == 0;
    if (is_draft ||
        (S_ISSOCK(about.st_mode) && name == wake_name(id).text && is_abandoned(directory, id)))
      unlinkat(wake, name.c_str(), 0);
  });
}

}  // namespace repolock::backend::file
