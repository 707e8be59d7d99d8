// backend.h - what a client needs of its backend, and what the backend finds at the client.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/backend.h"
#include "core/command.h"
#include "core/status.h"

namespace repolock::loop {

class Loop;

class Backend {
 public:
  virtual ~Backend() = default;  // closes it: nothing is answered any more
  virtual uint64_t capabilities() const = 0;
  virtual void submit(const core::BackendRequest &request) = 0;
  virtual void cancel(uint64_t request) = 0;
};

// Any thread may call these.
class BackendHost {
 public:
  virtual ~BackendHost() = default;
  virtual Loop &loop() = 0;  // its watches and timers: client's thread, or while opening
  virtual void answer(uint64_t request, core::BackendAnswer answer) = 0;
  virtual void waiting(uint64_t request, core::Rows rows) = 0;
  virtual void wake(std::string repo) = 0;
  virtual void revoked(std::string repo, std::string lease_id, core::LossReason reason,
                       std::string message) = 0;
  virtual void log(core::LogLine line) = 0;
  virtual void out_of_memory() = 0;  // something that must not be lost could not be said
};

using OpenBackend = std::function<core::Result<std::unique_ptr<Backend>>(BackendHost &)>;

}  // namespace repolock::loop
