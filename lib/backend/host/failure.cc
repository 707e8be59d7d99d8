#include "backend/host/failure.h"

namespace repolock::backend {

const char *status_word(repolock_status_t status) {
  switch (status) {
    case REPOLOCK_OK:
      return "OK";
    case REPOLOCK_E_NOMEM:
      return "E_NOMEM";
    case REPOLOCK_E_UNAVAILABLE:
      return "E_UNAVAILABLE";
    case REPOLOCK_E_DENIED:
      return "E_DENIED";
    case REPOLOCK_E_MISCONFIGURED:
      return "E_MISCONFIGURED";
    case REPOLOCK_E_UNKNOWN:
      return "E_UNKNOWN";
    case REPOLOCK_E_UNSUPPORTED:
      return "E_UNSUPPORTED";
    case REPOLOCK_E_HELD:
      return "E_HELD";
    case REPOLOCK_E_IO:
      return "E_IO";
    default:
      return "E_INTERNAL";
  }
}

}  // namespace repolock::backend
