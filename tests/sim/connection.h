// connection.h - between one client and the service: requests arrive in their order or not at all,
// answers come late, in any order, twice, or never.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "lock_service.h"
#include "run.h"

namespace repolock::sim {

class Connection : public Link, private Subscriber {
 public:
  Connection(Run &run, LockService &service, Host &host);
  ~Connection() override = default;

  void submit(const core::BackendRequest &request) override;
  void cancel(uint64_t request) override;
  void close() override;

  bool holds_anything() const override { return service_.knows(*this); }

 private:
  // What becomes of one request.
  struct Fate {
    bool refused = false;
    bool uncertain = false;
    core::Status status = core::Status::kUnavailable;  // if refused
  };

  // Subscriber: what the service says
  void answer(uint64_t request, core::BackendAnswer answer) override;
  void waiting(uint64_t request, core::Rows rows) override;
  void wake(const std::string &repo) override;
  void revoked(const std::string &repo, const std::string &lease_id,
               core::LossReason reason) override;

  bool suffers(uint64_t chance) { return run_.troubled && run_.random.percent(chance); }
  bool is_unheard();
  Millis delay();
  Fate draw_fate(core::Verb verb);
  void arrive(const core::BackendRequest &request);
  void blur(core::BackendAnswer &answer);
  void deliver(uint64_t request, const core::BackendAnswer &answer);
  void send(Schedule::Task task);   // there, in order
  void bring(Schedule::Task task);  // back, in any order

  Run &run_;
  LockService &service_;
  Host &host_;
  bool closed_ = false;
  Millis busy_until_ = 0;           // with what was sent before
  std::map<uint64_t, Fate> fates_;  // of what the service has yet to answer
  std::set<uint64_t> waiting_;      // whose client has heard that they wait
};

}  // namespace repolock::sim
