// handles.h - what the opaque types of repolock.h are: each a thin hold on something within.
#pragma once

#include <repolock/repolock.h>

#include <memory>
#include <utility>

#include "core/options.h"
#include "core/request.h"
#include "loop/client.h"
#include "loop/reentry.h"
#include "port/fork.h"

struct repolock_config {
  repolock::core::Options options;
};

struct repolock_request {
  repolock::core::Request request;
  bool out_of_memory = false;  // in a setter, which cannot say so
};

// What all handles of a client share.
struct ClientHold {
  repolock::loop::ClientPtr client;
  std::shared_ptr<repolock::loop::Reentry> reentry = std::make_shared<repolock::loop::Reentry>();
  int64_t pid = repolock::port::process_id();

  // Made before a fork, used after it: to be asked before any mutex is touched, as the thread that
  // held it does not exist here.
  bool forked() const { return pid != repolock::port::process_id(); }
};

struct repolock_client {
  ClientHold hold;
};

struct repolock_op {
  explicit repolock_op(ClientHold of) : hold(std::move(of)) {}

  ClientHold hold;
  repolock::loop::OpPtr op;
};

struct repolock_lease {
  explicit repolock_lease(ClientHold of) : hold(std::move(of)) {}

  ClientHold hold;
  repolock::loop::LeasePtr lease;
};

struct repolock_event {
  repolock::loop::EventPtr event;
};

struct repolock_snapshot {
  std::shared_ptr<const repolock::core::Rows> rows;
};
