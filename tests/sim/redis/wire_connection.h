// wire_connection.h - what SocketConnection is on sockets, on a virtual wire: it connects, comes back
// by itself, and gives up the connection where an answer takes too long.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "backend/host/host.h"
#include "backend/redis/backoff.h"
#include "backend/redis/connection.h"
#include "redis/wire.h"

namespace repolock::sim {

class Instance;
class RedisLink;

class WireConnection : public backend::redis::Connection, private Wire::End {
 public:
  WireConnection(Run &run, RedisService &service, RedisLink &link,
                 std::shared_ptr<Instance> server);
  ~WireConnection() override;

  void open(Listener &listener) override;
  bool is_connected() const override { return state_ == State::kConnected; }
  void send(std::span<const std::string_view> words, OnOutcome on_outcome) override;
  void write() override {}
  void settle() override { backoff_.settle(); }
  void give_up(const backend::Failure &why) override;

 protected:
  struct Command {
    OnOutcome on_outcome;
    int64_t sent_ms;
  };
  // What a mutant does otherwise.
  virtual void hear(const Command &command, const Reply &reply);
  virtual void hear_message(const std::string &channel, const std::string &words);

  RedisLink &link() { return link_; }

 private:
  enum class State {
    kNew,
    kWaiting,
    kConnecting,
    kConnected
  };

  void opened() override;
  void received(const Reply &reply) override;
  void closed(const std::string &why) override;

  void take(const Reply &reply);
  void lose(const backend::Failure &why);
  void set_limit();
  void timer_fired();
  static void on_timer(void *self);

  Run &run_;
  RedisService &service_;
  RedisLink &link_;
  const std::shared_ptr<Instance> server_;
  Listener *listener_ = nullptr;
  State state_ = State::kNew;
  std::string last_ = "is not connected yet";
  std::shared_ptr<Wire> wire_;
  std::deque<Command> commands_;
  size_t unread_ = 0;  // that came, while its process does not run
  bool is_limit_set_ = false;
  backend::redis::Backoff backoff_;
  backend::Timer timer_;
};

}  // namespace repolock::sim
