#include "backend/file/wake_path.h"

namespace repolock::backend::file {

std::string wake_name(uint64_t id) {
  std::string name(16, '0');
  for (auto digit = name.rbegin(); digit != name.rend(); ++digit, id >>= 4)
    *digit = "0123456789abcdef"[id & 15];
  return name;
}

WakePath::WakePath(const Directory &directory, uint64_t id) {
  const std::string name = wake_name(id);
  std::string path = directory.path() + "/wake/" + name;
  if (path.size() >= sizeof address_.sun_path)
    path = "/proc/self/fd/" + std::to_string(directory.wake_fd()) + "/" + name;
  address_.sun_family = AF_UNIX;
  path.copy(address_.sun_path, sizeof address_.sun_path - 1);
}

}  // namespace repolock::backend::file
