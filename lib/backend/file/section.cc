#include "backend/file/section.h"

#include <cerrno>
#include <chrono>

#include "backend/file/layout.h"
#include "port/file_lock.h"

namespace repolock::backend::file {

Section::Section(int fd, bool has_tried) : fd_(fd) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::microseconds kTurnOfANeighbour(50);
  const Clock::time_point end = Clock::now() + kTurnOfANeighbour;
  do {
    error_ = port::try_lock_byte(fd_, kSectionByte, port::FileLock::kExclusive);
  } while (is_busy() && !has_tried && Clock::now() < end);
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
