#include "children.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstring>

namespace repolock::shell {
namespace {

// "/proc/PID/comm", without the allocator.
struct NamePath {
  char text[32] = "/proc/";

  explicit NamePath(pid_t pid) {
    char digits[12];
    size_t count = 0;
    for (; pid > 0; pid /= 10) digits[count++] = static_cast<char>('0' + pid % 10);
    size_t end = std::strlen(text);
    while (count > 0) text[end++] = digits[--count];
    std::memcpy(text + end, "/comm", sizeof "/comm");
  }
};

bool is_called(pid_t pid, const char *name) {
  const int fd = open(NamePath(pid).text, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  char text[32];
  const ssize_t size = read(fd, text, sizeof text);
  close(fd);
  const size_t length = std::strlen(name);
  return size == static_cast<ssize_t>(length) + 1 && std::memcmp(text, name, length) == 0;
}

}  // namespace

bool kill_children(const char *guardian) {
  const int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;  // a kernel without this file
  bool ending = false;
  pid_t pid = 0;
  char text[512];
  for (ssize_t size; (size = read(fd, text, sizeof text)) > 0;) {
    for (ssize_t i = 0; i < size; ++i) {
      if (text[i] >= '0' && text[i] <= '9') {
        pid = pid * 10 + (text[i] - '0');
      } else if (pid > 0) {
        if (is_called(pid, guardian) || kill(pid, SIGKILL) == 0) ending = true;
        pid = 0;
      }
    }
  }
  close(fd);
  return ending;
}

}  // namespace repolock::shell
