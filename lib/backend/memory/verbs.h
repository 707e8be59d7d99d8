// verbs.h - what each kind of request does to a store.
#pragma once

#include <cstdint>

#include "backend/memory/store.h"

namespace repolock::backend::memory {

// With the store's mutex held. Answers now, unless it is an acquire that waits.
void carry_out(Store &store, Listener &from, const Request &request, int64_t now);

}  // namespace repolock::backend::memory
