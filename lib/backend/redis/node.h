// node.h - one server: may it be asked, and the scripts that ask it.
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
#include "backend/redis/connection.h"
#include "backend/redis/info.h"
#include "backend/redis/script.h"
#include "backend/redis/settings.h"

namespace repolock::backend::redis {

class Node final : private Connection::Listener {
 public:
  // Its outcome is a reply that is no error, or a failure in words. A failure other than E_UNKNOWN
  // means that nothing was done.
  struct Call {
    const Script *script;
    std::vector<std::string> keys;  // without the guard
    // Without run_id and config; asked for when it is sent, as the server's clock may not be known
    // before. Nothing: nobody wants it any more, and it is E_CANCELED.
    std::function<std::optional<std::vector<std::string>>()> args;
    bool needs_vote = true;  // false: also while the guard keeps it out
    Connection::OnOutcome on_outcome;
  };

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

   protected:
    ~Listener() = default;
  };

  Node(Host &host, const Settings &settings, const Endpoint &endpoint,
       std::unique_ptr<Connection> connection, Listener &listener, repolock_post_cb on_timer,
       void *data);

  void open();
  void run(Call call);
  // Any other command.
  void send(std::vector<std::string> words, Connection::OnOutcome on_outcome);

  const std::string &name() const { return name_; }
  bool votes() const { return state_ == State::kVoting; }
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

  void timer_fired();
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
  void guarded(const Outcome &outcome, const std::string &want, uint64_t asked_at);
  void enter(State state, Failure why = {});
  void wait_for_guard(int64_t ms, bool is_new);  // new: not known to any guard
  void missing(uint64_t asked_at);
  void forget_looks();
  const char *first_want() const;
  static void refuse(const Call &call, const Failure &why);
  void send_script(const std::shared_ptr<Call> &call, bool by_text);
  void answered(const std::shared_ptr<Call> &call, Outcome outcome, bool by_text);
  void hear_clock(const Outcome &outcome);

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
};

}  // namespace repolock::backend::redis
