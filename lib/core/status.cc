#include "core/status.h"

namespace repolock::core {

const char *status_name(int32_t status) {
  switch (static_cast<Status>(status)) {
#define REPOLOCK_NAME(enumerator, name, number, retryable) \
  case Status::enumerator:                                 \
    return name;
    REPOLOCK_STATUSES(REPOLOCK_NAME)
#undef REPOLOCK_NAME
  }
  return "E_INTERNAL";
}

bool status_is_retryable(int32_t status) {
  switch (static_cast<Status>(status)) {
#define REPOLOCK_RETRYABLE(enumerator, name, number, retryable) \
  case Status::enumerator:                                      \
    return (retryable) != 0;
    REPOLOCK_STATUSES(REPOLOCK_RETRYABLE)
#undef REPOLOCK_RETRYABLE
  }
  return false;
}

}  // namespace repolock::core
