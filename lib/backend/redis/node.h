// node.h - one server: may it be asked, and the scripts that ask it.
//
// node.cc     coming and going
// sending.cc  asking
//
// It connects, looks at what the server says of itself, and has the guard let it in (README.md). Only
// then it votes. What is asked before the first attempt has ended waits for its end; after that
// whatever cannot be asked fails at once, and says why.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/host/host.h"
#include "backend/redis/call.h"
#include "backend/redis/connection.h"
#include "backend/redis/info.h"
#include "backend/redis/settings.h"

namespace repolock::backend::redis {

class Node final : private Connection::Listener {
 public:
  class Listener {
   public:
    // It votes now, or does not any more.
    virtual void node_changed() = 0;
    // Before it asks the guard: why this server may not be one of ours.
    virtual Fault object_to(const Info &info) = 0;
    // Of a quorum: it has no guard. What that means depends on the others: begin_first_use() follows if
    // none of them has one.
    virtual void guard_missing() = 0;
    // Numbers what happens to all servers of a client, in its order. No clock: a client may be stopped.
    virtual uint64_t next_event() = 0;
    virtual void guarded_by(const std::function<void()> &body) = 0;  // no exception passes it

   protected:
    ~Listener() = default;
  };

  Node(Host &host, const Settings &settings, const Endpoint &endpoint,
       std::unique_ptr<Connection> connection, Listener &listener);

  void open();
  void run(Call call);
  // Any other command.
  void send(std::vector<std::string> words, Connection::OnOutcome on_outcome);

  const std::string &name() const { return name_; }
  bool votes() const { return state_ == State::kVoting; }
  // It votes, or nobody knows yet: what it is asked for waits until its first connection has come about.
  bool may_vote() const { return votes() || state_ == State::kConnecting; }
  bool is_connected() const { return state_ == State::kVoting || state_ == State::kWaiting; }
  uint64_t floor() const { return floor_; }  // no fence below it, as the guard has said
  bool lacks_guard() const { return missed_guard_at_ != 0; }
  uint64_t missed_guard_at() const { return missed_guard_at_; }  // when that look was sent
  uint64_t connected_at() const { return connected_at_; }
  void look_again();
  void begin_first_use();
  // While it does not vote.
  const Failure &why() const { return why_; }
  const Info &info() const { return info_; }

  // The server's clock at a moment of ours, never too early: 0 is never.
  int64_t server_time(int64_t local_ms) const;
  // Until when a script may still take effect.
  int64_t deadline() const { return server_time(host_.now() + settings_.answer_ms); }

  void out_of_memory();  // the connection was dropped, and all that was asked is forgotten

 private:
  enum class State {
    kConnecting,  // for the first time
    kDown,
    kJoining,
    kWaiting,  // connected; the guard keeps it out for a while
    kVoting
  };

  void connected() override;
  void disconnected(const Failure &why) override;
  void message(const std::string &, const std::string &) override {}

  void look(const Outcome &outcome);
  void ask_guard(const char *want);
  void guarded(Outcome outcome, const std::string &want, uint64_t asked_at);
  void enter(State state, Failure why = {});
  void wait_for_guard(int64_t ms, bool is_new);  // new: not known to any guard
  void missing(uint64_t asked_at);
  void forget_looks();
  const char *first_want() const;
  void timer_fired();
  static void on_timer(void *node);

  // Asking.
  bool may_ask(const Call &call) const { return call.needs_vote ? votes() : is_connected(); }
  static void refuse(const Call &call, const Failure &why);
  void gather(Call call);
  void send_later();
  void send_gathered();
  static void on_gathered(void *node);
  enum class Sending {
    kFirst,
    kAgain,
    kAgainByText
  };
  void send_calls(Calls calls, Sending how = Sending::kFirst);
  void answered(Calls &calls, Outcome outcome, Sending how);
  void tell_each(const Calls &calls, Outcome outcome);
  void ask_to_be_let_in();
  void hear_clock(Outcome *outcome);

  Host &host_;
  const Settings &settings_;
  const std::string name_;
  const std::string guard_key_;
  std::string config_;
  std::unique_ptr<Connection> connection_;
  Listener &listener_;
  Timer timer_;

  State state_ = State::kConnecting;
  Failure why_;
  Info info_;
  uint64_t floor_ = 0;
  uint64_t connected_at_ = 0, missed_guard_at_ = 0;  // as next_event() numbers them
  int looks_ = 0;                                    // after a pause, that found no guard
  std::string voted_as_;                             // the run_id of the server when it voted last
  int64_t clock_offset_ = 0;                         // the server's less ours
  bool knows_clock_ = false;
  std::vector<std::function<void()>> parked_;  // until the first attempt has ended
  Calls releases_, requests_;                  // of this turn: REL, ACQ
  bool is_gathering_ = false, is_pressing_ = false;
  int on_their_way_ = 0;  // so many messages with such calls
};

}  // namespace repolock::backend::redis
