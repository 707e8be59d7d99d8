// fake_server.h - the other end of a connection, which says what the test wants and no more.
//
// It is driven by the test's own thread: it never waits, and whatever it does wakes its client.
#pragma once

#include <cstdint>
#include <string>

#include "support/lock_directory.h"

namespace repolock::testing {

class FakeServer {
 public:
  enum class Kind {
    kUnix,
    kTcp
  };

  explicit FakeServer(Kind kind = Kind::kUnix);
  ~FakeServer();
  FakeServer(const FakeServer &) = delete;
  FakeServer &operator=(const FakeServer &) = delete;

  std::string path() const { return directory_.path() / "socket"; }
  uint16_t port() const { return port_; }

  void stop_listening();
  bool accept();  // a client that has come, if one has; it takes the place of the one before
  bool has_client() const { return client_ >= 0; }
  void hang_up();  // in good order
  void reset();    // not so: what the client had sent is thrown away
  void say(const std::string &bytes);
  const std::string &heard();  // all that this client has said so far
  bool is_left();              // the client has closed

 private:
  LockDirectory directory_;
  uint16_t port_ = 0;
  int listener_ = -1;
  int client_ = -1;
  std::string heard_;
};

}  // namespace repolock::testing
