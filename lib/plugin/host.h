// host.h - the host's side of plugin.h: what a backend may call of its client.
#pragma once

#include <repolock/plugin.h>

#include "loop/backend.h"

namespace repolock::plugin {

// The one table, for every backend of this process.
const repolock_host_api_t *host_api();

// A client as backends see it.
inline repolock_host_t *as_host(loop::BackendHost *client) {
  return reinterpret_cast<repolock_host_t *>(client);
}

}  // namespace repolock::plugin
