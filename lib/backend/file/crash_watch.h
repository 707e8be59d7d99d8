// crash_watch.h - hears that somebody closed a lock file: a process that was killed did.
//
// A client watches a file from its first wait on, and does not stop between one wait and the next.
// Descriptors are kept open from one lease to the next (names.h), so a hand-over closes nothing, and
// wakes nobody but the next.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <string>

#include "backend/host/host.h"
#include "port/close_watch.h"

namespace repolock::backend::file {

class CrashWatch {
 public:
  using Closed = std::function<void(const std::string &repo)>;

  CrashWatch(Host &host, Closed closed) : host_(host), closed_(std::move(closed)) {}
  ~CrashWatch();
  CrashWatch(const CrashWatch &) = delete;
  CrashWatch &operator=(const CrashWatch &) = delete;

  // Again for the same file: nothing happens. Where none is to be had it is logged, once, and a crash
  // is found by the timer.
  void add(const std::string &repo, const std::string &path, ino_t inode);
  void remove(const std::string &repo);

  // Why none can be had; nothing where one can.
  Fault check();

 private:
  static void on_readable(void *self, int32_t events);
  Fault open();
  void read();

  Host &host_;
  Closed closed_;
  bool has_failed_ = false;
  port::CloseWatch watch_;
  Watch readable_;
  struct Watched {
    int id;
    ino_t inode;
  };
  std::map<int, std::string> repos_;
  std::map<std::string, Watched> watched_;
};

}  // namespace repolock::backend::file
