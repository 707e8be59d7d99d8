// connection.h - one way to one server: commands out, replies in, in their order.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "backend/host/failure.h"
#include "backend/redis/reply.h"

namespace repolock::backend::redis {

// What became of a command.
struct Outcome {
  Reply reply;
  // Instead of a reply. E_UNAVAILABLE: it was not sent, and has no effect. E_UNKNOWN: it was sent, and
  // the connection ended before the reply came.
  Fault failure;
  int64_t sent_ms = 0;          // before it was sent: what it asks for counts from there
  int64_t now = 0;              // by the server's clock, where the reply says it
  bool was_sent_twice = false;  // what was sent behind it may have been done before it
};

// All of it on the client's thread. A connection comes back by itself after it was lost; nothing is
// kept for then.
class Connection {
 public:
  using OnOutcome = std::function<void(Outcome)>;

  class Listener {
   public:
    // Commands may be sent: connected, authenticated, in its database.
    virtual void connected() = 0;
    // It is lost, or could not be made. Every command under way has heard of it before.
    virtual void disconnected(const Failure &why) = 0;
    // A message of a channel that was subscribed to.
    virtual void message(const std::string &channel, const std::string &text) = 0;

   protected:
    ~Listener() = default;
  };

  virtual ~Connection() = default;  // tells nobody

  // Begins to connect, once; from then on it goes on by itself.
  virtual void open(Listener &listener) = 0;
  virtual bool is_connected() const = 0;
  // Many commands that are sent in one go travel in one write. Answers, later, exactly once; while it
  // is not connected at once, with E_UNAVAILABLE.
  virtual void send(std::span<const std::string_view> words, OnOutcome on_outcome) = 0;
  // What was sent leaves now, not at the end of this turn: whoever is told of something behind it may end
  // the process. Not inside an OnOutcome.
  virtual void write() = 0;
  // Its owner is content with the server: if it is lost from now on, the first try comes soon.
  virtual void settle() = 0;
  // Its owner is not: as if it had been lost for that reason.
  virtual void give_up(const Failure &why) = 0;
};

}  // namespace repolock::backend::redis
