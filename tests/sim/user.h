// user.h - the program that uses one client: calls whatever may be called, in any order.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "client.h"
#include "run.h"

namespace repolock::sim {

class User {
 public:
  explicit User(Run &run);

  // Any call at all.
  void act(Client &client);
  // What a sound program does: it lets go of what it has, and says that it lives.
  void let_go(Client &client);
  // Waits for a name, without end.
  void want(Client &client, const std::string &repo);

 private:
  enum Call : size_t {
    kAcquire,
    kCancel,
    kDrop,
    kExtend,
    kRelease,
    kForget,
    kHandOut,
    kLook,
    kInspect,
    kDiagnose,
    kBreak,
    kHeartbeat,
    kShutdown,
    kAbandon,
    kCalls
  };

  Call draw();
  void acquire(Client &client);
  bool may_ask(uint64_t capability);
  std::string any_repo();
  Millis any_ttl();

  Run &run_;
  std::array<uint64_t, kCalls> weights_;
};

}  // namespace repolock::sim
