#include "backend/memory/rows.h"

namespace repolock::backend::memory {

namespace {

repolock_row_t row_of(int32_t kind, const Lock &lock, const Lease &lease, int64_t now) {
  repolock_row_t row{};
  row.struct_size = sizeof row;
  row.row = kind;
  row.repo = lock.name().c_str();
  row.lease_id = lease.id.c_str();
  row.holder = lease.owner.holder.c_str();
  row.host = lease.owner.host.c_str();
  row.pid = lease.owner.pid;
  row.fence = row.place = row.remaining_ms = -1;
  row.shared = lease.shared ? 1 : 0;
  row.age_ms = now - lease.since_ms;
  return row;
}

}  // namespace

void append_holders(Rows &rows, const Lock &lock, int64_t now) {
  for (const auto &lease : lock.holders()) {
    auto row = row_of(REPOLOCK_ROW_HOLDER, lock, lease, now);
    row.fence = static_cast<int64_t>(lease.fence);
    row.remaining_ms = lease.end_ms == INT64_MAX ? INT64_MAX : lease.end_ms - now;
    rows.push_back(row);
  }
}

void append_waiter(Rows &rows, const Lock &lock, const Lease &lease, size_t place, int64_t now) {
  auto row = row_of(REPOLOCK_ROW_WAITER, lock, lease, now);
  row.place = static_cast<int64_t>(place);
  rows.push_back(row);
}

void append_lock(Rows &rows, const Lock &lock, int64_t now) {
  append_holders(rows, lock, now);
  size_t place = 0;
  for (const auto &lease : lock.queue()) append_waiter(rows, lock, lease, ++place, now);
}

}  // namespace repolock::backend::memory
