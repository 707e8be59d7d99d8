#include "support/lock_directory.h"

#include <stdlib.h>
#include <unistd.h>

#include "backend/file/file_name.h"

namespace repolock::testing {

LockDirectory::LockDirectory() {
  // In memory where there is such a place: each new lock file is synced once, and a busy disk takes
  // its time for that.
  const std::filesystem::path memory = "/dev/shm";
  const bool has_memory = access(memory.c_str(), W_OK) == 0;
  std::string path =
      ((has_memory ? memory : std::filesystem::temp_directory_path()) / "repolock-test-XXXXXX")
          .string();
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
