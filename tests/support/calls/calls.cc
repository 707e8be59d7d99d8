#include "support/calls/calls.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <semaphore>
#include <utility>

namespace repolock::testing {

namespace {

// One thread at a time. No mutex, which would have a place in the order of the library's own: a call
// is made inside one of them, and what a test does before another one takes the same.
std::binary_semaphore g_turn{1};
struct Turn {
  Turn() { g_turn.acquire(); }
  ~Turn() { g_turn.release(); }
  Turn(const Turn &) = delete;
  Turn &operator=(const Turn &) = delete;
};
BeforeCall g_act;
std::atomic<bool> g_is_watched{false};
std::atomic<bool> g_is_in_section{false};
thread_local bool is_acting = false;

bool fails(const char *name) {
  if (!g_is_watched || is_acting) return false;
  const Turn turn;
  is_acting = true;
  const int error = g_act ? g_act(name) : 0;
  is_acting = false;
  if (error != 0) errno = error;
  return error != 0;
}

const char *name_of_fcntl(int command, const void *argument) {
  if (command == F_OFD_GETLK) return "look";
  if (command != F_OFD_SETLK) return "fcntl";
  return static_cast<const struct flock *>(argument)->l_type == F_UNLCK ? "unlock" : "lock";
}

void note_lock(const struct flock &lock) {
  if (lock.l_start == 0 && lock.l_len == 1) g_is_in_section = lock.l_type == F_WRLCK;
}

}  // namespace

void watch_calls(BeforeCall act) {
  const Turn turn;
  g_act = std::move(act);
  g_is_watched = true;
}

void unwatch_calls() {
  g_is_watched = false;
}

bool is_in_section() {
  return g_is_in_section;
}

}  // namespace repolock::testing

using repolock::testing::fails;
using repolock::testing::name_of_fcntl;
using repolock::testing::note_lock;

extern "C" {

int fcntl(int fd, int command, ...) {
  va_list list;
  va_start(list, command);
  void *argument = va_arg(list, void *);
  va_end(list);
  if (fails(name_of_fcntl(command, argument))) return -1;
  const auto result = static_cast<int>(syscall(SYS_fcntl, fd, command, argument));
  if (result == 0 && command == F_OFD_SETLK) note_lock(*static_cast<struct flock *>(argument));
  return result;
}

int openat(int directory, const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const auto mode = va_arg(list, mode_t);
  va_end(list);
  if (fails("openat")) return -1;
  return static_cast<int>(syscall(SYS_openat, directory, path, flags, mode));
}

int linkat(int from, const char *path, int to, const char *name, int flags) noexcept {
  if (fails("linkat")) return -1;
  return static_cast<int>(syscall(SYS_linkat, from, path, to, name, flags));
}

int unlinkat(int directory, const char *path, int flags) noexcept {
  if (fails("unlinkat")) return -1;
  return static_cast<int>(syscall(SYS_unlinkat, directory, path, flags));
}

int mkdirat(int directory, const char *path, mode_t mode) noexcept {
  if (fails("mkdirat")) return -1;
  return static_cast<int>(syscall(SYS_mkdirat, directory, path, mode));
}

int lstat(const char *path, struct stat *about) noexcept {
  if (fails("lstat")) return -1;
  return static_cast<int>(syscall(SYS_newfstatat, AT_FDCWD, path, about, AT_SYMLINK_NOFOLLOW));
}

int fsync(int fd) {
  if (fails("fsync")) return -1;
  return static_cast<int>(syscall(SYS_fsync, fd));
}

int fdatasync(int fd) {
  if (fails("fdatasync")) return -1;
  return static_cast<int>(syscall(SYS_fdatasync, fd));
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
  if (fails("pwrite")) return -1;
  return syscall(SYS_pwrite64, fd, data, size, offset);
}

ssize_t pread(int fd, void *data, size_t size, off_t offset) {
  if (fails("pread")) return -1;
  return syscall(SYS_pread64, fd, data, size, offset);
}

ssize_t preadv(int fd, const iovec *parts, int count, off_t offset) {
  if (fails("preadv")) return -1;
  return syscall(SYS_preadv, fd, parts, count, offset, 0);
}

}  // extern "C"
