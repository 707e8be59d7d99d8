// handles.h - what the library gives, with an owner each.
#pragma once

#include <repolock/repolock.h>

#include <memory>

namespace repolock::shell {

template <auto kFree>
struct Free {
  template <class Handle>
  void operator()(Handle *handle) const {
    kFree(handle);
  }
};

// Ends the client's thread too, and with it what was canceled but may still be won.
inline void end_client(repolock_client_t *client) {
  repolock_shutdown(client, 0);
  repolock_client_free(client);
}

// However a subcommand ends, it lets go.
inline void end_lease(repolock_lease_t *lease) {
  repolock_release(lease);
  repolock_lease_free(lease);
}

using Config = std::unique_ptr<repolock_config_t, Free<repolock_config_free>>;
using Client = std::unique_ptr<repolock_client_t, Free<end_client>>;
using Request = std::unique_ptr<repolock_request_t, Free<repolock_request_free>>;
using Op = std::unique_ptr<repolock_op_t, Free<repolock_op_free>>;
using Lease = std::unique_ptr<repolock_lease_t, Free<end_lease>>;
using Event = std::unique_ptr<repolock_event_t, Free<repolock_event_free>>;
using Snapshot = std::unique_ptr<repolock_snapshot_t, Free<repolock_snapshot_free>>;

}  // namespace repolock::shell
