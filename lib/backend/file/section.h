// section.h - the few microseconds in which a queue is changed: one process at a time.
//
// It never waits: a neighbour who was stopped inside must not stop this thread too. Who finds the
// section busy comes back a little later, and says so when his time is over.
#pragma once

namespace repolock::backend::file {

class Section {
 public:
  explicit Section(int fd);
  ~Section() { leave(); }
  Section(const Section &) = delete;
  Section &operator=(const Section &) = delete;

  bool is_inside() const { return error_ == 0; }
  bool is_busy() const;
  int error() const { return error_; }  // an errno
  void leave();

 private:
  int fd_;
  int error_;
};

}  // namespace repolock::backend::file
