#include "api/handles.h"

using namespace repolock;

namespace {

const core::Row *row_of(const repolock_snapshot_t *snapshot, size_t row) {
  if (snapshot == nullptr || row >= snapshot->rows->size()) return nullptr;
  return &(*snapshot->rows)[row];
}

}  // namespace

extern "C" {

size_t repolock_snapshot_size(const repolock_snapshot_t *snapshot) {
  return snapshot == nullptr ? 0 : snapshot->rows->size();
}

const char *repolock_snapshot_text(const repolock_snapshot_t *snapshot, size_t row, int32_t text) {
  const core::Row *of = row_of(snapshot, row);
  if (of == nullptr) return "";
  switch (text) {
    case REPOLOCK_TEXT_REPO:
      return of->repo.c_str();
    case REPOLOCK_TEXT_LEASE_ID:
      return of->lease_id.c_str();
    case REPOLOCK_TEXT_HOLDER:
      return of->holder.c_str();
    case REPOLOCK_TEXT_HOST:
      return of->host.c_str();
    case REPOLOCK_TEXT_STATUS:
      return of->status.c_str();
    case REPOLOCK_TEXT_MESSAGE:
      return of->message.c_str();
    case REPOLOCK_TEXT_SCHEMES:
      return of->schemes.c_str();
    case REPOLOCK_TEXT_VERSION:
      return of->version.c_str();
    case REPOLOCK_TEXT_FILE:
      return of->file.c_str();
    default:
      return "";
  }
}

int64_t repolock_snapshot_number(const repolock_snapshot_t *snapshot, size_t row, int32_t number) {
  const core::Row *of = row_of(snapshot, row);
  if (of == nullptr) return -1;
  switch (number) {
    case REPOLOCK_NUMBER_ROW:
      return static_cast<int64_t>(of->kind);
    case REPOLOCK_NUMBER_PID:
      return of->pid;
    case REPOLOCK_NUMBER_FENCE:
      return of->fence;
    case REPOLOCK_NUMBER_SHARED:
      return of->shared;
    case REPOLOCK_NUMBER_PLACE:
      return of->place;
    case REPOLOCK_NUMBER_AGE_MS:
      return of->age_ms;
    case REPOLOCK_NUMBER_REMAINING_MS:
      return of->remaining_ms;
    case REPOLOCK_NUMBER_ABI:
      return of->abi;
    case REPOLOCK_NUMBER_CAPABILITIES:
      return of->capabilities;
    default:
      return -1;
  }
}

void repolock_snapshot_free(repolock_snapshot_t *snapshot) {
  delete snapshot;
}

}  // extern "C"
