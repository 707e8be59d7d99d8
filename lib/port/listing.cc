#include "port/listing.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <memory>

namespace repolock::port {

namespace {

struct CloseStream {
  void operator()(DIR *stream) const { closedir(stream); }
};

}  // namespace

void list(int parent, const char *name,
          const std::function<void(int directory, const std::string &name)> &each) {
  const int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return;
  const std::unique_ptr<DIR, CloseStream> stream(fdopendir(fd));
  if (!stream) {
    close(fd);
    return;
  }
  while (const dirent *entry = readdir(stream.get())) each(fd, entry->d_name);
}

}  // namespace repolock::port
