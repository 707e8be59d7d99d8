#include "backend/file/crash_watch.h"

#include "backend/file/failure.h"

#include <cerrno>
#include <exception>
#include <vector>

namespace repolock::backend::file {

CrashWatch::~CrashWatch() {
  readable_.stop();
}

Fault CrashWatch::open() {
  if (watch_.fd() >= 0) return std::nullopt;
  if (const int error = watch_.open())
    return Failure{REPOLOCK_E_UNAVAILABLE, "cannot watch for crashes (" +
                                               failure_of(error, "use", "inotify").message +
                                               "): raise fs.inotify.max_user_instances"};
  if (readable_.start(host_, watch_.fd(), on_readable, this)) return std::nullopt;
  watch_.close();
  return Failure{REPOLOCK_E_NOMEM, "cannot watch for crashes; try again with more memory"};
}

Fault CrashWatch::check() {
  return open();
}

void CrashWatch::add(const std::string &repo, const std::string &path, ino_t inode) {
  const auto known = watched_.find(repo);
  if (known != watched_.end() && known->second.inode == inode) return;
  remove(repo);
  int id = 0;
  Fault fault = open();
  if (!fault)
    if (const int error = watch_.add(path.c_str(), &id)) fault = failure_of(error, "watch", path);
  if (!fault) {
    watched_[repo] = {id, inode};
    repos_[id] = repo;
  } else if (!has_failed_) {
    has_failed_ = true;
    host_.log(REPOLOCK_LOG_WARN, "crash_watch_failed",
              fault->message + "; until then it takes up to seconds to notice a holder's crash");
  }
}

void CrashWatch::remove(const std::string &repo) {
  const auto known = watched_.find(repo);
  if (known == watched_.end()) return;
  watch_.remove(known->second.id);
  repos_.erase(known->second.id);
  watched_.erase(known);
}

void CrashWatch::on_readable(void *self, int32_t) {
  try {
    static_cast<CrashWatch *>(self)->read();
  } catch (const std::exception &) {
    // No memory to answer with: the timer of whoever waits comes back to it.
  }
}

void CrashWatch::read() {
  std::map<std::string, bool> closed;  // what happened to a file often is one thing
  const bool dropped = watch_.read([&](int id, bool is_gone) {
    const auto known = repos_.find(id);
    if (known == repos_.end()) return;
    closed[known->second] = true;
    if (!is_gone) return;
    watched_.erase(known->second);
    repos_.erase(known);
  });
  if (dropped)
    for (const auto &[repo, watched] : watched_) closed[repo] = true;
  for (const auto &[repo, is_closed] : closed) closed_(repo);
}

}  // namespace repolock::backend::file
