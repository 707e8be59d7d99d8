// wake_socket.h - how clients tell each other that something has changed: a datagram socket for each
// client, bound at wake/<16 hex digits> in the lock directory.
//
// A message is a hint to look at a name. Nothing rests on its arrival: what is lost is found by the
// timer of whoever waits for it.
#pragma once

#include <functional>
#include <string>

#include "backend/file/directory.h"
#include "backend/host/host.h"

namespace repolock::backend::file {

enum class Message : char {
  kFree = 'f',        // the first of your waiters for that name may have its turn now
  kBroken = 'b',      // a lease of yours of that name was broken
  kLookAround = '*',  // never sent: so many messages have come that some may have been dropped
};

class WakeSocket {
 public:
  using Heard = std::function<void(Message message, const std::string &repo)>;

  WakeSocket(Host &host, Directory &directory, Heard heard)
      : host_(host), directory_(directory), heard_(std::move(heard)) {}
  ~WakeSocket() { close(); }
  WakeSocket(const WakeSocket &) = delete;
  WakeSocket &operator=(const WakeSocket &) = delete;

  // Under which others reach this client, from the first call on. 0: they cannot, and it was logged.
  uint64_t id();
  bool is_own(uint64_t id) const { return id != 0 && id == id_; }
  // false: nobody has that socket any more.
  bool tell(uint64_t id, Message message, const std::string &repo);

  // Why no socket can be had here; nothing where one can.
  Fault check();

 private:
  static void on_readable(void *self, int32_t events);
  bool create();
  Fault bind();
  void drain();
  void close();

  Host &host_;
  Directory &directory_;
  Heard heard_;
  int fd_ = -1;
  uint64_t id_ = 0;
  bool has_tried_ = false;
  uint64_t directory_opening_ = 0;  // the directory may be another one by now
  Watch watch_;
};

// Removes what clients that were killed have left behind in wake/.
void sweep_wake_directory(const Directory &directory);

}  // namespace repolock::backend::file
