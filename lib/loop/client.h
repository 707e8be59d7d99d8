// client.h - one client: the engine on its thread, the backend below it, the handles above it.
//
// What a caller wants goes through the loop's mailbox into the engine; the engine's commands are
// carried out here, on the client's thread, in order: requests to the backend, results to ops,
// losses to leases. Nothing else is shared but the ops and leases, each under its own mutex.
//
// Where that thread runs out of memory something is half done, and nobody knows what. The client
// ends then, as if it was freed, and everybody is told: for that nothing has to be allocated.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/engine.h"
#include "core/options.h"
#include "loop/backend.h"
#include "loop/event_queue.h"
#include "loop/loop.h"
#include "loop/op.h"
#include "observe/stats.h"

namespace repolock::loop {

class Client : public std::enable_shared_from_this<Client>, private BackendHost {
 public:
  // Throws std::system_error or std::bad_alloc when the system has no more to give.
  static core::Result<std::shared_ptr<Client>> open(const core::Options &options,
                                                    const OpenBackend &open_backend);

  explicit Client(const core::Options &options);
  ~Client() override;

  // ---- any thread ----

  const core::Options &options() const { return options_; }
  uint64_t capabilities() const { return capabilities_; }
  const observe::Stats &stats() const { return stats_; }
  EventQueue &queue() { return queue_; }

  OpPtr acquire(core::Result<core::Plan> plan);
  OpPtr extend(const LeasePtr &lease, core::Millis ttl);
  OpPtr release(const LeasePtr &lease);
  OpPtr inspect(core::Result<std::string> repo);  // "": all
  OpPtr diagnose();
  OpPtr break_lease(core::Result<std::string> repo, std::string lease_id);
  OpPtr shutdown(core::Millis timeout);
  OpPtr failed(Op::Kind kind, const core::Failure &failure);

  // The result of an op that the engine ends within limit. Where a backend, or a callback, keeps the
  // client's thread from that, it is let go a node timeout later: kUnknown, and *blocked says so.
  core::Status await(const OpPtr &op, core::Millis limit, std::string *blocked = nullptr);

  void cancel(const OpPtr &op);
  void heartbeat();
  // A descriptor of it for a child process (the caller's own), or -1.
  int inherit_fd(const LeasePtr &lease, size_t index);
  // A getter has just told that this lease is lost.
  void noticed_lost(const LeasePtr &lease);

  // kInvalid: somebody listens already. kShutdown: nobody is told anything any more.
  core::Status listen(const OpPtr &op, Op::Subject subject, const ListenerPtr &listener);
  core::Status listen(const LeasePtr &lease, const ListenerPtr &listener);
  core::Status listen_log(int32_t level, const ListenerPtr &listener);

  // The handle is being freed. None of these blocks, or needs memory.
  void drop(const OpPtr &op);
  void drop(const LeasePtr &lease);
  void drop();

 private:
  using Event = std::function<void(core::Engine &, core::Millis)>;
  using Ops = std::map<core::OpKey, OpPtr>;
  using Listeners = std::set<ListenerPtr>;

  // BackendHost
  Loop &loop() override { return loop_; }
  void answer(uint64_t request, core::BackendAnswer answer) override;
  void waiting(uint64_t request, core::Rows rows) override;
  void wake(std::string repo) override;
  void revoked(std::string repo, std::string lease_id, core::LossReason reason,
               std::string message) override;
  void log(core::LogLine line) override;
  void out_of_memory() override { loop_.fail_soon(); }
  void hear(Event event);

  // client.cc
  using Begin = std::function<void(core::Engine &, core::OpKey, core::Millis)>;
  OpPtr start(Op::Kind kind, Begin begin);
  template <class Tell>
  void enter(Ops &entry, const Tell &tell);
  bool post(Loop::Task task) { return post(Loop::letter(std::move(task))); }
  bool post(Loop::Letter letter);
  template <class Work>
  void post_or_end(Work work);
  core::Failure closed();

  // running.cc: on the client's thread
  void tell_engine(const Event &event);
  void pump();
  void set_timer();
  void carry_out(core::Submit &command);
  void carry_out(core::Withdraw &command);
  void carry_out(core::Complete &command);
  void carry_out(core::Waiting &command);
  void carry_out(core::Extended &command);
  void carry_out(core::Lost &command);
  void carry_out(core::Ended &command);
  void carry_out(core::LogLine &command);
  void count(const core::Complete &done);
  void finish(const OpPtr &op, core::Status status, std::string message, LeasePtr lease);
  void tell_done(const OpPtr &op, const ListenerPtr &listener);
  void tell_lost(const LeasePtr &lease, const ListenerPtr &listener);
  void deliver(const ListenerPtr &listener, EventPtr event);
  void deliver_once(const ListenerPtr &listener, EventPtr event);
  void end(const ListenerPtr &listener);

  // closing.cc: likewise
  void close(core::Failure result);
  void tell_the_end();
  void stop_when_idle();
  void break_down();

  const core::Options options_;
  observe::Stats stats_;
  EventQueue queue_;
  Loop loop_;
  std::optional<core::Engine> engine_;
  std::unique_ptr<Backend> backend_;
  uint64_t capabilities_ = 0;
  std::atomic<core::OpKey> next_op_{1};
  std::atomic<bool> log_taken_{false};
  std::atomic<bool> freed_{false};  // its handle; its own callback is not to start any more

  std::mutex mutex_;       // of what follows
  bool accepting_ = true;  // posts of callers
  bool over_ = false;      // the last callback has run
  core::Failure end_;      // what the shutdown came to; kNoMemory: that is why it ended
  std::vector<OpPtr> late_shutdowns_;

  // ---- the client's thread only ----
  Loop::Timer *timer_ = nullptr;
  bool pumping_ = false;
  std::deque<Event> heard_;  // from the backend, while commands are carried out
  Ops ops_;
  std::map<core::OpKey, LeasePtr> releases_;  // whose op it is
  std::map<core::LeaseKey, LeasePtr> leases_;
  Listeners listeners_;
  ListenerPtr log_listener_;
  int32_t log_level_ = 0;
  core::Failure shutdown_result_;
  Loop::Letter farewell_;  // made beforehand: the end is told even without memory
  bool broken_ = false;    // the engine is not asked any more
  core::Millis stop_at_ = 0;
  enum class Phase {
    kOpen,
    kClosing,
    kTold,
    kStopped
  };
  Phase phase_ = Phase::kOpen;
};

using ClientPtr = std::shared_ptr<Client>;

}  // namespace repolock::loop
