// name_walk.cc - which names have a lock file.
#include "backend/file/directory.h"
#include "backend/file/file_name.h"
#include "port/listing.h"

namespace repolock::backend::file {

namespace {

void walk(int parent, const std::string &below, const char *name,
          const std::function<void(const std::string &repo)> &each) {
  port::list(parent, name, [&](int directory, const std::string &file) {
    if (const auto repo = name_of_file(below + file)) each(*repo);
    if (file.size() == kPieceSize + 1 && file.back() == kPieceMark)
      walk(directory, below + file + "/", file.c_str(), each);
  });
}

}  // namespace

void Directory::each_name(const std::function<void(const std::string &repo)> &each) const {
  walk(fd_, "", ".", each);
}

}  // namespace repolock::backend::file
