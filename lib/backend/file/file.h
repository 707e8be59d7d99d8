// file.h - locks in files of this host, kept by its kernel: the default, with no server at all.
//
//   file:          in /var/tmp/repolock-<uid>, for all programs of this user
//   file:///dir    in a directory of one's choice; whoever may write there may lock there
//
// Waiters are served in order, and a crash frees the lock in milliseconds. A lease has no ttl: the
// kernel holds it as long as its process lives, or a child that was handed its descriptor. README.md
// in this folder tells how, and why nothing is ever granted twice.
#pragma once

#include <repolock/plugin.h>

namespace repolock::backend::file {

// A repolock_plugin_init_fn.
const repolock_backend_api_t *init(const repolock_host_api_t *host, uint32_t wanted_abi);

}  // namespace repolock::backend::file
