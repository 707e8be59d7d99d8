// client.h - the backend of one client, over one server or a quorum of several: all that plugin.h asks
// of it, on one thread. One server is a quorum of one: README.md has the algorithm.
//
// acquiring.cc   an acquire is asked of all servers, and what they say is heard
// deciding.cc    what follows from it: a round more, a lease, or a refusal
// waiting.cc     while it stands in the queue of its gate: what it is told, and what it asks
// holding.cc     extend
// releasing.cc   release and break
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
#include "backend/redis/attempt.h"
#include "backend/redis/lease.h"
#include "backend/redis/rows.h"
#include "backend/redis/server.h"
#include "backend/redis/settings.h"

namespace repolock::backend::redis {

class Client final : private Server::Owner {
 public:
  Client(Host &host, Settings settings, const Connect &connect);
  Client(const Client &) = delete;
  Client &operator=(const Client &) = delete;

  void open();
  void submit(const repolock_backend_request_t &sent);
  void cancel(uint64_t request);
  uint64_t capabilities(uint64_t of_one_server) const;

 private:
  struct Batch;
  struct Renewal;
  struct Inspection;
  struct Findings;
  struct Asking {  // by ACQ
    bool waits = false;
    int64_t deadline_ms = INT64_MAX;
    int64_t clock_hint = 0;
    uint64_t seen = 0;
  };

  // Acquiring.
  void acquire(const repolock_backend_request_t &sent);
  void begin(Attempt &attempt);
  void begin_anew(Attempt &attempt);
  void take_new_att(Attempt &attempt);
  size_t gate_of(const std::string &repo) const;
  void ask(Attempt &attempt, size_t index);
  int64_t clock_hint(Attempt &attempt) const;
  uint64_t highest_floor() const;
  std::vector<std::string> acq_args(Attempt &attempt, size_t index) const;
  std::vector<std::string> acq_args(const Lease &lease, size_t index, const Asking &how) const;
  void asked(uint64_t request, const LeasePtr &lease, size_t index, const Outcome &outcome);
  void came_late(const LeasePtr &lease, size_t index, const Outcome &outcome);
  void hear_grant(Attempt &attempt, size_t index, const Outcome &outcome);
  void hear_held(Attempt &attempt, size_t index, const Outcome &outcome);
  void hear_failure(Attempt &attempt, size_t index, const Failure &why);
  void keep(Attempt &attempt, size_t index, uint64_t fence, const char *mode);
  void kept(uint64_t request, const LeasePtr &lease, size_t index, uint64_t fence,
            const Outcome &outcome);
  void settle(Attempt &attempt);
  void gather(Attempt &attempt);
  void gather_again(Attempt &attempt);
  void write_back_soon(Attempt &attempt, uint64_t fence);
  void write_back(Attempt &attempt, uint64_t fence);
  void grant(Attempt &attempt, const Verdict &verdict);
  void refuse(Attempt &attempt, const Failure &why);
  Failure too_few(const Attempt &attempt) const;
  void let_go(Attempt &attempt, size_t index);
  Attempt *find(uint64_t request, const LeasePtr &lease);
  bool is_held(const Lease &lease) const;

  // Waiting.
  void stand_in_queue(Attempt &attempt);
  void set_timer(Attempt &attempt);
  void attempt_due(Attempt &attempt);
  void ask_the_rest(Attempt &attempt);
  void told(Server &server, const std::string &text) override;
  void told_line(const Server &server, std::string_view line);
  void subscribed(Server &server) override;
  void beat();
  void beat(Server &server);
  void beaten(const Server &server, const std::vector<std::vector<uint64_t>> &requests,
              const Outcome &outcome);
  void hear_place(Attempt &attempt, int64_t server_now, const Reply &name, int64_t place);
  void tell_place(const Attempt &attempt);
  void beat_within(int64_t ms);
  void add_rows(const Attempt &attempt, Rows *rows) const;
  void add_nodes(const Attempt &attempt, Rows *rows) const;

  // Holding.
  void extend(const repolock_backend_request_t &sent);
  Call hold(const Server &server, const std::vector<LeasePtr> &leases,
            const std::vector<int64_t> &ttls, const std::vector<uint64_t> &fences, const char *mode,
            Connection::OnOutcome on_outcome) const;
  void extended(const std::shared_ptr<Renewal> &renewal, const Server &server,
                const Outcome &outcome);
  LeasePtr held(const repolock_claim_t &claim) const;
  void remember(const LeasePtr &lease);
  void answer_claim(const std::shared_ptr<Batch> &batch, size_t index, repolock_grant_t grant,
                    std::string message);

  // Releasing.
  void release(const repolock_backend_request_t &sent);
  void release_one(const repolock_claim_t &claim, const std::shared_ptr<Batch> &batch,
                   size_t index);
  void break_lease(const repolock_backend_request_t &sent);
  void broken(std::string_view id_and_att);
  void look_for_breaks(Server &server);

  // Asking.
  void inspect(const repolock_backend_request_t &sent);
  void list(Server &server, const std::string &cursor,
            const std::shared_ptr<Inspection> &inspection);
  void inspect_names(const std::shared_ptr<Inspection> &inspection);
  void diagnose(const repolock_backend_request_t &sent);
  void diagnose_server(Server &server, const std::shared_ptr<Findings> &findings);
  void diagnose_messages(Server &server, const std::shared_ptr<Findings> &findings);
  void diagnose_rights(Server &server, const std::shared_ptr<Findings> &findings);
  void found(const std::shared_ptr<Findings> &findings, size_t answers);
  void add_settings(const Server &server, Rows *rows) const;
  void diagnose_quorum(Rows *rows) const;

  // Answers, at most once each.
  bool take(uint64_t request) { return unanswered_.erase(request) > 0; }
  void fail(uint64_t request, const Failure &why, const Rows *rows = nullptr);
  void answer(uint64_t request, const Rows &rows);

  void server_changed(Server &server) override;
  Fault object_to(const Server &server, const Info &info) override;
  void guard_missing() override;
  uint64_t next_event() override { return ++last_event_; }
  void server_out_of_memory(Server &) override { out_of_memory(); }
  void guarded_by(const std::function<void()> &body) override;
  template <class Body>
  void guarded(Body body);
  void out_of_memory();
  static void on_attempt_timer(void *attempt);
  static void on_beat(void *client);

  size_t quorum() const { return settings_.quorum; }
  Server &server(size_t index) { return *servers_[index]; }
  const Server &server(size_t index) const { return *servers_[index]; }

  static constexpr int64_t kBeatMs = 5000;
  static constexpr int64_t kHeadAsksMs = 1000;

  Host &host_;
  const Settings settings_;
  const std::string channel_;
  std::vector<std::unique_ptr<Server>> servers_;
  std::unordered_set<uint64_t> unanswered_;
  std::map<uint64_t, std::unique_ptr<Attempt>> attempts_;
  std::unordered_map<std::string, uint64_t> attempt_by_id_;
  std::unordered_map<std::string, std::vector<LeasePtr>> held_;  // by lease id
  size_t forget_at_ = 64;  // so many leases: look whether some of them were forgotten
  int64_t last_att_ = 0;
  uint64_t last_event_ = 0;
  Timer beat_timer_;
  int64_t beat_at_ = INT64_MAX;
};

}  // namespace repolock::backend::redis
