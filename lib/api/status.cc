#include "core/status.h"

#include <repolock/repolock.h>

namespace {

using repolock::core::Status;

// The header and the core say the same.
#define REPOLOCK_SAME(enumerator, constant) \
  static_assert(static_cast<int32_t>(Status::enumerator) == (constant))
REPOLOCK_SAME(kOk, REPOLOCK_OK);
REPOLOCK_SAME(kInvalid, REPOLOCK_E_INVALID);
REPOLOCK_SAME(kNoMemory, REPOLOCK_E_NOMEM);
REPOLOCK_SAME(kTimeout, REPOLOCK_E_TIMEOUT);
REPOLOCK_SAME(kHeld, REPOLOCK_E_HELD);
REPOLOCK_SAME(kLost, REPOLOCK_E_LOST);
REPOLOCK_SAME(kUnknown, REPOLOCK_E_UNKNOWN);
REPOLOCK_SAME(kUnavailable, REPOLOCK_E_UNAVAILABLE);
REPOLOCK_SAME(kCanceled, REPOLOCK_E_CANCELED);
REPOLOCK_SAME(kShutdown, REPOLOCK_E_SHUTDOWN);
REPOLOCK_SAME(kDenied, REPOLOCK_E_DENIED);
REPOLOCK_SAME(kMisconfigured, REPOLOCK_E_MISCONFIGURED);
REPOLOCK_SAME(kUnsupported, REPOLOCK_E_UNSUPPORTED);
REPOLOCK_SAME(kPlugin, REPOLOCK_E_PLUGIN);
REPOLOCK_SAME(kWrongThread, REPOLOCK_E_WRONG_THREAD);
REPOLOCK_SAME(kForked, REPOLOCK_E_FORKED);
REPOLOCK_SAME(kDeadlock, REPOLOCK_E_DEADLOCK);
REPOLOCK_SAME(kPending, REPOLOCK_E_PENDING);
REPOLOCK_SAME(kIo, REPOLOCK_E_IO);
REPOLOCK_SAME(kInternal, REPOLOCK_E_INTERNAL);
#undef REPOLOCK_SAME

}  // namespace

extern "C" {

const char *repolock_status_name(repolock_status_t status) {
  return repolock::core::status_name(status);
}

int32_t repolock_status_is_retryable(repolock_status_t status) {
  return repolock::core::status_is_retryable(status) ? 1 : 0;
}

uint32_t repolock_version(void) {
  return REPOLOCK_VERSION_NUMBER;
}

}  // extern "C"
