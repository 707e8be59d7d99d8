// socket_connection.h - a Connection over a socket, on the client's one loop.
//
// connecting.cc         find the server, connect, authenticate; and again, later, after a loss
// socket_connection.cc  commands and replies, the limit of an answer, the end
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <new>
#include <string>

#include "backend/host/host.h"
#include "backend/redis/address.h"
#include "backend/redis/backoff.h"
#include "backend/redis/codec.h"
#include "backend/redis/connection.h"
#include "backend/redis/resolver.h"
#include "backend/redis/socket.h"

namespace repolock::backend::redis {

struct Credentials {
  std::string user;  // "": the default one
  std::string password;
  int64_t database = 0;
};

struct Limits {
  int64_t connect_ms;  // to look up the name, connect and authenticate, all together
  int64_t answer_ms;   // of each command, from its send() on
};

// It is destroyed by the backend's close, or before anything was posted, and never inside a call of its
// own: not in an OnOutcome, nor in the listener. These may send, settle and give up.
//
// Where memory runs out in a call of the owner's, send() throws std::bad_alloc and has done nothing;
// give_up() throws it when the connection is lost already, and who has not heard by then never will.
// Where it runs out in a call of the host's the connection is lost, and all commands are forgotten;
// neither they nor the listener are told, but out_of_memory is called. In both cases the connection
// comes back by itself: that needs no memory until it is its time.
class SocketConnection final : public Connection, private Resolver::Asker {
 public:
  // Throws std::bad_alloc. host and resolver outlive it. out_of_memory throws nothing.
  SocketConnection(Host &host, Resolver &resolver, Endpoint server, Credentials credentials,
                   Limits limits, std::function<void()> out_of_memory);
  ~SocketConnection() override;
  SocketConnection(const SocketConnection &) = delete;
  SocketConnection &operator=(const SocketConnection &) = delete;

  void open(Listener &listener) override;
  bool is_connected() const override { return state_ == State::kConnected; }
  void send(std::span<const std::string_view> words, OnOutcome on_outcome) override;
  void write() override;
  void settle() override { backoff_.settle(); }
  void give_up(const Failure &why) override;

 private:
  enum class State {
    kNew,
    kWaiting,  // for the next try
    kLookingUp,
    kConnecting,
    kGreeting,  // authentication and the database are under way
    kConnected
  };

  bool is_open() const { return state_ == State::kGreeting || is_connected(); }

  struct Command {
    OnOutcome on_outcome;  // none: part of the greeting
    uint64_t begins_at;    // in all the bytes of this connection
    int64_t sent_ms;
  };

  // Connecting.
  void connect();
  void found(const Result<SocketAddresses> &addresses) noexcept override;
  void start_round(Result<SocketAddresses> found);
  void try_next_address(int error);
  void finish_address();
  void address_failed(int error);
  void greet();
  void greeted(const Reply &reply);
  void become_connected();
  void timer_fired();

  // Commands and replies.
  void push(std::span<const std::string_view> words, OnOutcome on_outcome);
  void flush();
  bool receive();
  void take(Reply reply);
  void write_failed(int error);
  void set_limit();
  void look_at_limit();
  void watch_for(int32_t events);

  // The end.
  void lose_to_nonsense();
  void lose(const Failure &why);
  void close() noexcept;
  Failure unavailable(const std::string &what) const;

  template <class Body>
  void guarded(const Body &body) noexcept {
    try {
      body();
    } catch (const std::bad_alloc &) {
      close();
      out_of_memory_();
    }
  }
  static void on_ready(void *self, int32_t events);
  static void on_timer(void *self);
  static void on_flush(void *self);

  Host &host_;
  Resolver &resolver_;
  const Endpoint server_;
  const std::string name_;  // of server_
  const Credentials credentials_;
  const Limits limits_;
  const std::function<void()> out_of_memory_;
  Listener *listener_ = nullptr;

  State state_ = State::kNew;
  uint64_t losses_ = 0;  // whoever calls back looks whether it is still the same connection
  Failure last_;         // why it is not connected
  Backoff backoff_;
  Timer timer_;  // the next try; the limit of an address, of connecting; of an answer

  SocketAddresses addresses_;
  size_t next_address_ = 0;
  int64_t connect_until_ = 0;

  Socket socket_;
  Watch watch_;  // of socket_, so it goes first
  int32_t watched_ = 0;
  std::unique_ptr<Decoder> decoder_;
  std::list<Command> commands_;  // that have not been answered
  std::string output_;
  size_t output_begin_ = 0;  // before it all was written
  uint64_t written_ = 0;     // in all the bytes of this connection
  bool is_flush_due_ = false;
  bool is_limit_set_ = false;
};

}  // namespace repolock::backend::redis
