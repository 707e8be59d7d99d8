// name_walk.cc - which names have a lock file.
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <memory>

#include "backend/file/directory.h"
#include "backend/file/file_name.h"

namespace repolock::backend::file {

namespace {

struct CloseStream {
  void operator()(DIR *stream) const { closedir(stream); }
};

void walk(int parent, const std::string &below, const char *name,
          const std::function<void(const std::string &repo)> &each) {
  const int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return;
  const std::unique_ptr<DIR, CloseStream> stream(fdopendir(fd));
  if (!stream) {
    close(fd);
    return;
  }
  while (const dirent *entry = readdir(stream.get())) {
    const std::string file = entry->d_name;
    if (const auto repo = name_of_file(below + file)) each(*repo);
    if (file.size() == kPieceSize + 1 && file.back() == kPieceMark)
      walk(fd, below + file + "/", file.c_str(), each);
  }
}

}  // namespace

void Directory::each_name(const std::function<void(const std::string &repo)> &each) const {
  walk(fd_, "", ".", each);
}

}  // namespace repolock::backend::file
