#include "port/whereabouts.h"

#include <sys/stat.h>

#include <cstdlib>
#include <memory>

namespace repolock::port {

namespace {

struct Free {
  void operator()(char *text) const { std::free(text); }
};

// 0 where there is nothing.
mode_t mode_of(const std::string &path) {
  struct stat found {};
  return stat(path.c_str(), &found) == 0 ? found.st_mode : 0;
}

std::string folder_of(const std::string &path) {
  const size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

std::string real_path(const std::string &path) {
  const std::unique_ptr<char, Free> real(realpath(path.c_str(), nullptr));
  return real ? real.get() : "";
}

bool is_directory(const std::string &path) {
  return S_ISDIR(mode_of(path));
}

std::string open_to_all(const std::string &real) {
  if ((mode_of(real) & S_IWOTH) != 0) return real;
  std::string folder = folder_of(real);
  // In a sticky one too: what it lacks, anybody may add.
  if ((mode_of(folder) & S_IWOTH) != 0) return folder;
  while (folder != "/") {
    folder = folder_of(folder);
    const mode_t mode = mode_of(folder);
    if ((mode & S_IWOTH) != 0 && (mode & S_ISVTX) == 0) return folder;
  }
  return "";
}

}  // namespace repolock::port
