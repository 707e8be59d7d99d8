#include "backend/file/failure.h"

#include <cerrno>
#include <system_error>

namespace repolock::backend::file {

namespace {

struct Remedy {
  repolock_status_t status;
  const char *words;
};

Remedy remedy_of(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return {REPOLOCK_E_DENIED, "give this user the right to it, or use file:///dir elsewhere"};
    case ELOOP:
      return {REPOLOCK_E_MISCONFIGURED, "it is a symbolic link where none may be: remove it"};
    case ENOTDIR:
    case EISDIR:
      return {REPOLOCK_E_MISCONFIGURED, "something else is in its place: move that away"};
    case ENOTSUP:
      return {REPOLOCK_E_MISCONFIGURED, "it is no regular file: move it away"};
    case ENAMETOOLONG:
      return {REPOLOCK_E_INVALID, "give it a shorter path"};
    case ENOENT:
      return {REPOLOCK_E_MISCONFIGURED, "create the directory that it belongs to"};
    case EMFILE:
      return {REPOLOCK_E_UNAVAILABLE, "raise the process's limit of open files (ulimit -n)"};
    case ENFILE:
      return {REPOLOCK_E_UNAVAILABLE, "raise the system's limit of open files (fs.file-max)"};
    case ENOLCK:
      return {REPOLOCK_E_UNAVAILABLE, "the kernel has no room for more locks: try again later"};
    case ENOMEM:
      return {REPOLOCK_E_NOMEM, "try again with more memory"};
    case ENOSPC:
    case EDQUOT:
      return {REPOLOCK_E_IO, "free some space there, or use file:///dir elsewhere"};
    case EROFS:
      return {REPOLOCK_E_IO, "use file:///dir on a file system that can be written"};
    default:
      return {REPOLOCK_E_IO, "check that disk and its file system"};
  }
}

}  // namespace

Failure failure_of(int error, const std::string &doing, const std::string &path) {
  const Remedy remedy = remedy_of(error);
  return {remedy.status, "cannot " + doing + " " + path + " (" +
                             std::generic_category().message(error) + "); " + remedy.words};
}

}  // namespace repolock::backend::file
