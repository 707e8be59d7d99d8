// client.h - the backend of one client of one server: all that plugin.h asks of it, on one thread.
//
// acquiring.cc   an acquire is asked for, granted, confirmed, refused, given up
// waiting.cc     while it stands in the queue: what it is told, and what it asks
// holding.cc     extend, release, break, and what could not be released yet
// asking.cc      inspect
// doctor.cc      diagnose
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "backend/host/host.h"
#include "backend/redis/keys.h"
#include "backend/redis/lease.h"
#include "backend/redis/node.h"
#include "backend/redis/rows.h"
#include "backend/redis/settings.h"
#include "backend/redis/subscriber.h"

namespace repolock::backend::redis {

// Makes the connections of a client. out_of_memory: the connection lacked memory, was dropped, and
// comes back; nobody was told of what was under way.
using Connect = std::function<std::unique_ptr<Connection>(const Endpoint &server,
                                                          std::function<void()> out_of_memory)>;

class Client final : private Node::Listener, private Subscriber::Listener {
 public:
  Client(Host &host, Settings settings, const Connect &connect);
  Client(const Client &) = delete;
  Client &operator=(const Client &) = delete;

  void open();
  void submit(const repolock_backend_request_t &sent);
  void cancel(uint64_t request);

 private:
  // A request of several claims, answered when all of them are.
  struct Batch {
    uint64_t request;
    std::vector<repolock_grant_t> grants;
    std::vector<std::string> messages;
    size_t unanswered;
  };
  // What is to be let go of as soon as the server can be asked again.
  struct Orphan {
    std::shared_ptr<Lease> lease;
    int32_t ended;
    int64_t until_ms;  // it has ended by itself then
  };
  using LeasePtr = std::shared_ptr<Lease>;

  // Acquiring.
  void acquire(const repolock_backend_request_t &sent);
  void ask(Attempt &attempt);
  std::vector<std::string> acq_args(const Attempt &attempt) const;
  void asked(uint64_t request, const LeasePtr &lease, Outcome outcome);
  void came_late(const LeasePtr &lease, const Outcome &outcome);
  void hear_grant(Attempt &attempt, const Outcome &outcome);
  void hear_held(Attempt &attempt, const Reply &reply);
  void confirm(Attempt &attempt);
  void confirmed(uint64_t request, const LeasePtr &lease, const Outcome &outcome);
  void grant(Attempt &attempt, int64_t sent_ms);
  void refuse(Attempt &attempt, const Failure &why);
  void give_up(Attempt &attempt, const Failure &why);
  void begin_anew(Attempt &attempt);
  Attempt *find(uint64_t request, const LeasePtr &lease);
  bool is_held(const Lease &lease) const;

  // Waiting.
  void set_timer(Attempt &attempt);
  void attempt_due(Attempt &attempt);
  void told(const std::string &text) override;
  void told_line(std::string_view line);
  Attempt *waiter(std::string_view id);
  void subscribed() override;
  void beat();
  void beaten(const std::vector<std::vector<uint64_t>> &requests, const Outcome &outcome);
  void tell_place(const Attempt &attempt);
  void beat_within(int64_t ms);
  Rows &add_rows(const Attempt &attempt, Rows *rows) const;

  // Holding.
  void extend(const repolock_backend_request_t &sent);
  Node::Call hold(const std::vector<LeasePtr> &leases, const std::vector<int64_t> &ttls,
                  Connection::OnOutcome on_outcome) const;
  void extended(const std::shared_ptr<Batch> &batch, const std::vector<size_t> &places,
                const std::vector<LeasePtr> &leases, const std::vector<int64_t> &ttls,
                const Outcome &outcome);
  void release(const repolock_backend_request_t &sent);
  void let_go(const LeasePtr &lease, int32_t ended, const std::string &found,
              std::function<void(const Outcome &)> on_outcome);
  void let_go_of_orphans();
  void break_lease(const repolock_backend_request_t &sent);
  void broken(std::string_view id_and_att);
  LeasePtr held(const repolock_claim_t &claim) const;
  void keep(const LeasePtr &lease);
  void answer_claim(const std::shared_ptr<Batch> &batch, size_t index, repolock_grant_t grant,
                    std::string message);

  // Asking.
  void inspect(const repolock_backend_request_t &sent);
  void inspect_all(uint64_t request, const std::string &cursor,
                   const std::shared_ptr<std::set<std::string>> &names);
  void inspect_each(uint64_t request, const std::vector<std::string> &names);
  void diagnose(const repolock_backend_request_t &sent);
  void diagnose_messages(uint64_t request, const std::shared_ptr<Rows> &rows, int64_t round_trip);
  void diagnose_server(Rows *rows, int64_t round_trip) const;

  // Answers, at most once each.
  bool take(uint64_t request) { return unanswered_.erase(request) > 0; }
  void fail(uint64_t request, const Failure &why, const Rows *rows = nullptr);
  void answer(uint64_t request, const Rows &rows);

  void node_changed() override;
  template <class Body>
  void guarded(Body body);
  void out_of_memory();
  void node_out_of_memory();
  static void on_attempt_timer(void *attempt);
  static void on_beat(void *client);
  static void on_node_timer(void *client);

  static constexpr int64_t kBeatMs = 5000;
  static constexpr int64_t kHeadAsksMs = 1000;

  Host &host_;
  const Settings settings_;
  const std::string channel_;
  Node node_;
  Subscriber subscriber_;
  std::unordered_set<uint64_t> unanswered_;
  std::map<uint64_t, std::unique_ptr<Attempt>> attempts_;
  std::unordered_map<std::string, uint64_t> attempt_by_id_;
  std::unordered_map<std::string, std::vector<LeasePtr>> held_;  // by lease id
  size_t forget_at_ = 64;  // so many leases: look whether some of them were forgotten
  std::vector<Orphan> orphans_;
  int64_t last_att_ = 0;
  Timer beat_timer_;
  int64_t beat_at_ = INT64_MAX;
};

}  // namespace repolock::backend::redis
