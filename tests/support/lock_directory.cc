#include "support/lock_directory.h"

#include <stdlib.h>

#include "backend/file/file_name.h"

namespace repolock::testing {

LockDirectory::LockDirectory() {
  std::string path = (std::filesystem::temp_directory_path() / "repolock-test-XXXXXX").string();
  if (mkdtemp(path.data()) != nullptr) path_ = path;
}

LockDirectory::~LockDirectory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path LockDirectory::file(const std::string &repo) const {
  return path_ / backend::file::file_name(repo);
}

}  // namespace repolock::testing
