// rows.h - what a snapshot shows of a lock. The rows borrow their text from it.
#pragma once

#include <repolock/plugin.h>

#include <cstdint>
#include <vector>

#include "backend/memory/lock.h"

namespace repolock::backend::memory {

using Rows = std::vector<repolock_row_t>;

void append_holders(Rows &rows, const Lock &lock, int64_t now);
void append_waiter(Rows &rows, const Lock &lock, const Lease &lease, size_t place, int64_t now);
// Its holders, then its waiters in order.
void append_lock(Rows &rows, const Lock &lock, int64_t now);

}  // namespace repolock::backend::memory
