// lock_directory.h - a directory of locks that is gone after the test.
#pragma once

#include <filesystem>
#include <string>

namespace repolock::testing {

class LockDirectory {
 public:
  LockDirectory();  // for this user alone
  ~LockDirectory();
  LockDirectory(const LockDirectory &) = delete;
  LockDirectory &operator=(const LockDirectory &) = delete;

  const std::filesystem::path &path() const { return path_; }
  std::string url() const { return "file://" + path_.string(); }
  // Where the lock file of that name is.
  std::filesystem::path file(const std::string &repo) const;

 private:
  std::filesystem::path path_;
};

}  // namespace repolock::testing
