#include "backend/file/wake_path.h"

#include <string>

namespace repolock::backend::file {

WakeName wake_name(uint64_t id) {
  WakeName name{};
  for (int digit = 15; digit >= 0; --digit, id >>= 4)
    name.text[digit] = "0123456789abcdef"[id & 15];
  return name;
}

WakePath::WakePath(const Directory &directory, uint64_t id) {
  const WakeName name = wake_name(id);
  std::string path = directory.path() + "/wake/" + name.text;
  if (path.size() >= sizeof address_.sun_path)
    path = "/proc/self/fd/" + std::to_string(directory.wake_fd()) + "/" + name.text;
  address_.sun_family = AF_UNIX;
  path.copy(address_.sun_path, sizeof address_.sun_path - 1);
}

}  // namespace repolock::backend::file
