// flag.h - a descriptor that is readable while the flag is up.
#pragma once

namespace repolock::port {

class Flag {
 public:
  Flag();  // throws std::system_error when there is no descriptor left
  ~Flag();
  Flag(const Flag &) = delete;
  Flag &operator=(const Flag &) = delete;

  int fd() const { return fd_; }
  void raise();
  void lower();

 private:
  int fd_;
};

}  // namespace repolock::port
