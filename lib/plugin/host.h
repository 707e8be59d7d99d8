// host.h - the host's side of plugin.h: what a backend may call of its client.
#pragma once

#include <repolock/plugin.h>

#include "loop/backend.h"

namespace repolock::plugin {

// The one table, for every backend of this process.
const repolock_host_api_t *host_api();

// A client as its backend knows it, while this lives. It is a number that is never used twice, and
// no address: what a backend says after its close, against the rules, is heard by nobody.
class HostEntry {
 public:
  explicit HostEntry(loop::BackendHost &client);
  ~HostEntry();  // waits for calls that are under way on other threads
  HostEntry(const HostEntry &) = delete;
  HostEntry &operator=(const HostEntry &) = delete;

  repolock_host_t *get() const { return host_; }

 private:
  repolock_host_t *host_;
};

}  // namespace repolock::plugin
