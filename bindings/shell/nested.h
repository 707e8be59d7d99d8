// nested.h - a `repolock run` inside others: each knows the leases of all around it, by REPOLOCK_HELD.
#pragma once

#include <string>

#include "handles.h"
#include "rows.h"

namespace repolock::shell {

// REPOLOCK_HELD for the command: the leases around, from the outermost on, and this one.
std::string held_with(const Lease &lease);

// Throws if one of the holders is around us: we would wait for ourselves. By the lease, for the same
// name may be locked elsewhere too, or long be free again while a daemon keeps the environment.
void refuse_nested(const RepoRows &rows);

}  // namespace repolock::shell
