// directory.h - the directory with the lock files, and wake/ in it with the sockets of clients.
//
// Nobody but its owner may write in the default one, or a neighbour could hold what he likes. In a
// directory of one's choice the files get the rights that the directory itself gives.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <string>
#include <string_view>

#include "backend/file/address.h"
#include "backend/file/descriptor.h"

namespace repolock::backend::file {

class Directory {
 public:
  explicit Directory(Address address) : address_(std::move(address)) {}
  ~Directory();
  Directory(const Directory &) = delete;
  Directory &operator=(const Directory &) = delete;

  // Makes it where it is missing, and checks that locks can live there.
  Fault open();
  const std::string &path() const { return address_.path; }
  bool is_default() const { return address_.is_default; }
  int fd() const { return fd_; }
  int wake_fd() const { return wake_fd_; }
  // Counts how often it was opened: what was made in it before may be elsewhere.
  uint64_t opening() const { return opening_; }
  std::string path_of(std::string_view repo) const;

  // The file of a name; where there is none, a descriptor that is not open.
  Result<Descriptor> find(const std::string &repo);
  // Makes it if there is none.
  Result<Descriptor> find_or_make(const std::string &repo);
  // For reading alone: to close it again is no news to anybody.
  Result<Descriptor> find_to_read(const std::string &repo);
  // Whether the path of that name still leads to that file.
  bool leads_to(const std::string &repo, const Descriptor &file) const;
  // Makes the name of a new file safe on the disk.
  Fault sync(const std::string &repo);

  // Gives a file or socket of ours the rights that the directory gives.
  void share(int directory, const std::string &name) const;

  // Calls each(repo) for every lock file.
  void each_name(const std::function<void(const std::string &repo)> &each) const;

 private:
  Failure not_ours() const;
  Result<Descriptor> find(const std::string &repo, int flags);
  Fault check(const struct stat &about) const;
  Fault open_wake();
  Fault follow();
  int make(const std::string &file, Descriptor *out);
  void close();

  Address address_;
  int fd_ = -1;
  int wake_fd_ = -1;
  uint64_t opening_ = 0;
  struct stat about_ {};
};

}  // namespace repolock::backend::file
