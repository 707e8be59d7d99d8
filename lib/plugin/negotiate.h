// negotiate.h - from an entry symbol to a table that can be called.
#pragma once

#include <repolock/plugin.h>

#include <string>

#include "core/status.h"

namespace repolock::plugin {

// Asks for the newest ABI first, then for older ones. The table that comes back is a copy: as long
// as ours, required slots checked, a missing optional one NULL. who begins each sentence.
core::Result<repolock_backend_api_t> negotiate(const std::string &who, repolock_plugin_init_fn init,
                                               const repolock_host_api_t *host);

}  // namespace repolock::plugin
