#include "port/process.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace repolock::port {

namespace {

// Small files of /proc, without the stream library and its locale.
std::string read_file(const char *path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "";
  char text[1024];
  const ssize_t size = read(fd, text, sizeof text);
  close(fd);
  return size > 0 ? std::string(text, static_cast<size_t>(size)) : "";
}

}  // namespace

std::string host_name() {
  char name[256] = "";
  if (gethostname(name, sizeof name - 1) != 0) return "";
  return name;
}

std::string boot_id() {
  std::string id = read_file("/proc/sys/kernel/random/boot_id");
  while (!id.empty() && id.back() == '\n') id.pop_back();
  return id;
}

int64_t process_start(int64_t pid) {
  const std::string stat = read_file(("/proc/" + std::to_string(pid) + "/stat").c_str());
  // The name in brackets may hold anything, brackets too: count from the last one.
  size_t at = stat.rfind(')');
  if (at == std::string::npos) return -1;
  for (int field = 2; field < 22; ++field) {
    at = stat.find(' ', at + 1);
    if (at == std::string::npos) return -1;
  }
  return std::strtoll(stat.c_str() + at + 1, nullptr, 10);
}

}  // namespace repolock::port
