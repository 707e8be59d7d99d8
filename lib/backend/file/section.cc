#include "backend/file/section.h"

#include <sched.h>

#include <cerrno>

#include "backend/file/layout.h"
#include "port/file_lock.h"

namespace repolock::backend::file {

Section::Section(int fd) : fd_(fd) {
  constexpr int kTries = 64;
  for (int i = 0; i < kTries; ++i) {
    error_ = port::try_lock_byte(fd_, kSectionByte, port::FileLock::kExclusive);
    if (error_ != EAGAIN) return;
    sched_yield();
  }
}

bool Section::is_busy() const {
  return error_ == EAGAIN;
}

void Section::leave() {
  if (error_ != 0) return;
  port::unlock_byte(fd_, kSectionByte);
  error_ = ENOLCK;  // outside again
}

}  // namespace repolock::backend::file
