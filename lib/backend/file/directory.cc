#include "backend/file/directory.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "backend/file/file_name.h"
#include "port/filesystem.h"

namespace repolock::backend::file {

namespace {

constexpr mode_t kPrivate = 0700;
constexpr mode_t kForOthers = 0077;

}  // namespace

Directory::~Directory() {
  close();
}

void Directory::close() {
  if (wake_fd_ >= 0) ::close(wake_fd_);
  if (fd_ >= 0) ::close(fd_);
  wake_fd_ = fd_ = -1;
}

Fault Directory::open() {
  if (mkdir(path().c_str(), kPrivate) != 0 && errno != EEXIST)
    return failure_of(errno, "create the lock directory", path());
  const int no_link = is_default() ? O_NOFOLLOW : 0;
  fd_ = ::open(path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | no_link);
  if (fd_ < 0 && is_default() && (errno == ENOTDIR || errno == ELOOP)) return not_ours();
  if (fd_ < 0) return failure_of(errno, "open the lock directory", path());
  struct stat about {};
  if (fstat(fd_, &about) != 0) return failure_of(errno, "look at", path());
  if (auto fault = check(about)) return fault;
  about_ = about;
  ++opening_;
  return open_wake();
}

Failure Directory::not_ours() const {
  return {REPOLOCK_E_DENIED,
          path() +
              " is not a directory of this user alone; remove it or chmod it to 0700, or use "
              "file:///dir"};
}

Fault Directory::check(const struct stat &about) const {
  if (is_default() && (about.st_uid != geteuid() || (about.st_mode & kForOthers) != 0))
    return not_ours();
  port::Filesystem filesystem;
  if (const int error = port::filesystem_of(fd_, &filesystem))
    return failure_of(error, "tell the file system of", path());
  if (filesystem.is_remote)
    return Failure{REPOLOCK_E_MISCONFIGURED,
                   path() + " is on " + filesystem.name +
                       ", where locks are not this host's alone; use file:///dir on a local disk, "
                       "or a server for several hosts"};
  if (faccessat(fd_, ".", R_OK | W_OK | X_OK, AT_EACCESS) != 0)
    return failure_of(errno, "write in the lock directory", path());
  return std::nullopt;
}

Fault Directory::open_wake() {
  const bool is_new = mkdirat(fd_, "wake", kPrivate) == 0;
  if (!is_new && errno != EEXIST) return failure_of(errno, "create", path() + "/wake");
  if (is_new && !is_default()) fchmodat(fd_, "wake", about_.st_mode & 07777, 0);
  wake_fd_ = openat(fd_, "wake", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (wake_fd_ < 0) return failure_of(errno, "open", path() + "/wake");
  return std::nullopt;
}

Fault Directory::follow() {
  struct stat there {};
  if (fd_ >= 0 && stat(path().c_str(), &there) == 0 && there.st_dev == about_.st_dev &&
      there.st_ino == about_.st_ino)
    return std::nullopt;
  close();
  return open();
}

std::string Directory::path_of(std::string_view repo) const {
  return path() + "/" + file_name(repo);
}

Result<Descriptor> Directory::find(const std::string &repo) {
  return find(repo, O_RDWR);
}

Result<Descriptor> Directory::find_to_read(const std::string &repo) {
  return find(repo, O_RDONLY);
}

Result<Descriptor> Directory::find(const std::string &repo, int flags) {
  if (auto fault = follow()) return *fault;
  Descriptor file;
  const int error = Descriptor::open(fd_, file_name(repo), flags, 0, &file);
  if (error != 0 && error != ENOENT) return failure_of(error, "open", path_of(repo));
  return file;
}

Result<Descriptor> Directory::find_or_make(const std::string &repo) {
  constexpr int kTries = 16;  // somebody else makes it at the same time, or removes it
  int error = 0;
  for (int i = 0; i < kTries; ++i) {
    auto found = find(repo);
    if (std::holds_alternative<Failure>(found) || std::get<Descriptor>(found).is_open())
      return found;
    Descriptor made;
    error = make(file_name(repo), &made);
    if (error == 0) return made;
    if (error != EEXIST && error != ENOENT) break;
  }
  return failure_of(error, "create", path_of(repo));
}

// Under another name first, so that it has its rights before anybody can open it.
int Directory::make(const std::string &file, Descriptor *out) {
  for (size_t end = file.find('/'); end != std::string::npos; end = file.find('/', end + 1)) {
    const std::string piece = file.substr(0, end);
    if (mkdirat(fd_, piece.c_str(), kPrivate) == 0)
      fchmodat(fd_, piece.c_str(), about_.st_mode & 07777, 0);
    else if (errno != EEXIST)
      return errno;
  }
  std::string draft;
  int error = EEXIST;
  for (int i = 0; error == EEXIST; ++i) {
    draft = ".new-" + std::to_string(getpid()) + "-" + std::to_string(i);
    error = Descriptor::open(wake_fd_, draft, O_RDWR | O_CREAT | O_EXCL, 0600, out);
  }
  if (error != 0) return error;
  share(wake_fd_, draft);
  if (linkat(wake_fd_, draft.c_str(), fd_, file.c_str(), 0) != 0) error = errno;
  unlinkat(wake_fd_, draft.c_str(), 0);
  if (error != 0) out->close();
  return error;
}

bool Directory::leads_to(const std::string &repo, const Descriptor &file) const {
  struct stat there {};
  return lstat(path_of(repo).c_str(), &there) == 0 && file.is_file(there.st_dev, there.st_ino);
}

Fault Directory::sync(const std::string &repo) {
  const std::string file = file_name(repo);
  for (size_t end = file.find('/'); end != std::string::npos; end = file.find('/', end + 1)) {
    const int piece =
        openat(fd_, file.substr(0, end).c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    const bool is_safe = piece >= 0 && fsync(piece) == 0;
    const int error = errno;
    if (piece >= 0) ::close(piece);
    if (!is_safe) return failure_of(error, "make safe on disk", path_of(repo));
  }
  if (fsync(fd_) != 0) return failure_of(errno, "make safe on disk", path());
  return std::nullopt;
}

void Directory::share(int directory, const std::string &name) const {
  mode_t mode = 0600;
  if ((about_.st_mode & S_IWGRP) != 0) mode = 0660;
  if ((about_.st_mode & S_IWOTH) != 0) mode = 0666;
  if (is_default() || mode == 0600) return;
  const bool is_of_group = fchownat(directory, name.c_str(), static_cast<uid_t>(-1), about_.st_gid,
                                    AT_SYMLINK_NOFOLLOW) == 0;
  if (is_of_group || mode == 0666) fchmodat(directory, name.c_str(), mode, 0);
}

}  // namespace repolock::backend::file
