#include "port/random.h"

#include <sys/random.h>

#include <cerrno>
#include <stdexcept>

namespace repolock::port {

bool random_bytes(void *out, size_t size) {
  auto *at = static_cast<unsigned char *>(out);
  while (size > 0) {
    const ssize_t got = getrandom(at, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

uint64_t random_number() {
  uint64_t number = 0;
  if (!random_bytes(&number, sizeof number))
    throw std::runtime_error("the kernel gave no random bytes");
  return number;
}

uint64_t RandomNumbers::operator()() {
  if (left_ == 0) {
    if (!random_bytes(numbers_, sizeof numbers_))
      throw std::runtime_error("the kernel gave no random bytes");
    left_ = kKept;
  }
  return numbers_[--left_];
}

}  // namespace repolock::port
