// guard.h - the border: no exception leaves, a forked child is stopped, a callback may not block.
#pragma once

#include <repolock/repolock.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <system_error>

#include "core/status.h"
#include "core/time.h"
#include "port/thread.h"

namespace repolock::api {

// One sentence into the caller's buffer, cut where it ends, never within a UTF-8 character.
inline void write_error(char *err, size_t err_size, std::string_view sentence) noexcept {
  if (err == nullptr || err_size == 0) return;
  size_t length = std::min(sentence.size(), err_size - 1);
  if (length < sentence.size())
    while (length > 0 && (static_cast<unsigned char>(sentence[length]) & 0xc0) == 0x80) --length;
  std::memcpy(err, sentence.data(), length);
  err[length] = '\0';
}

struct ErrorText {
  char *err = nullptr;
  size_t err_size = 0;

  repolock_status_t fail(repolock_status_t status, std::string_view sentence) const noexcept {
    write_error(err, err_size, sentence);
    return status;
  }
  repolock_status_t fail(const core::Failure &failure) const noexcept {
    return fail(static_cast<repolock_status_t>(failure.status), failure.message);
  }
  repolock_status_t forked() const noexcept {
    return fail(REPOLOCK_E_FORKED,
                "this client was opened before fork(); open a new one in the child");
  }
  repolock_status_t wrong_thread() const noexcept {
    return fail(REPOLOCK_E_WRONG_THREAD,
                "a callback must not block; start the operation and let an event tell its end");
  }
};

template <class Body>
repolock_status_t guard(ErrorText text, Body body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc &) {
    return text.fail(REPOLOCK_E_NOMEM, "out of memory");
  } catch (const std::system_error &error) {
    try {
      return text.fail(REPOLOCK_E_UNAVAILABLE, std::string("the system has no more to give: ") +
                                                   error.what() +
                                                   "; look at ulimit -n and ulimit -u");
    } catch (...) {
      return REPOLOCK_E_NOMEM;
    }
  } catch (...) {
    return text.fail(REPOLOCK_E_INTERNAL, "an error inside librepolock");
  }
}

template <class Body>
repolock_status_t guard(Body body) noexcept {
  return guard(ErrorText{}, std::move(body));
}

inline repolock_status_t as_status(core::Status status) {
  return static_cast<repolock_status_t>(status);
}

// A limit of time as callers give it. False: it cannot be.
inline bool read_limit(int64_t limit_ms, core::Millis *out) {
  if (limit_ms < -1) return false;
  constexpr core::Millis kAnAge = core::Millis{1000} * 3600 * 24 * 365 * 100;
  *out = limit_ms == -1 || limit_ms > kAnAge ? core::kForever : limit_ms;
  return true;
}

inline bool may_block() {
  return !port::on_library_thread();
}

}  // namespace repolock::api
