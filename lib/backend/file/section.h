// section.h - the few microseconds in which a queue is changed: one process at a time.
//
// It never waits: a neighbour who was stopped inside must not stop this thread too, and to yield to
// him would give away whole time slices on a busy machine. Who finds the section busy tries for as
// long as a neighbour needs, then comes back a little later, and says so when his time is over.
#pragma once

namespace repolock::backend::file {

class Section {
 public:
  // has_tried: before, and in vain; then once is enough.
  Section(int fd, bool has_tried);
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
