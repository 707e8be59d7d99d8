// negotiate.h - from an entry symbol to a table that can be called without looking twice.
#pragma once

#include <repolock/plugin.h>

#include "core/status.h"

namespace repolock::plugin {

// Asks for the newest ABI first, then for older ones. The table that comes back is a copy: as long
// as ours, required slots checked, optional ones filled, so that nobody tests for NULL later.
core::Result<repolock_backend_api_t> negotiate(repolock_plugin_init_fn init,
                                               const repolock_host_api_t *host);

}  // namespace repolock::plugin
