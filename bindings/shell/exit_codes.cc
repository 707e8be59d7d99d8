#include "exit_codes.h"

namespace repolock::shell {
namespace {

constexpr ExitRow kExitRows[] = {
#define REPOLOCK_ROW(enumerator, code, meaning) {code, meaning},
    REPOLOCK_EXIT_CODES(REPOLOCK_ROW)
#undef REPOLOCK_ROW
};

}  // namespace

std::span<const ExitRow> exit_rows() {
  return kExitRows;
}

int exit_code_of(repolock_status_t status) {
  switch (status) {
    case REPOLOCK_OK:
      return kExitDone;
    case REPOLOCK_E_HELD:
    case REPOLOCK_E_TIMEOUT:
      return kExitNotObtained;
    case REPOLOCK_E_LOST:
      return kExitLost;
    case REPOLOCK_E_UNAVAILABLE:
    case REPOLOCK_E_UNKNOWN:
    case REPOLOCK_E_IO:
      return kExitUnavailable;
    case REPOLOCK_E_DENIED:
      return kExitDenied;
    case REPOLOCK_E_INVALID:
    case REPOLOCK_E_UNSUPPORTED:  // this backend cannot: another option or another --backend can
    case REPOLOCK_E_DEADLOCK:
      return kExitUsage;
    default:
      return kExitInternal;  // with it every status that a later library may invent
  }
}

}  // namespace repolock::shell
