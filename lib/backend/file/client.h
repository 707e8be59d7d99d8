// client.h - the backend of one client: all that plugin.h asks of it, on one thread.
//
// entering.cc   an acquire or a break enters the section of its queue
// waiting.cc    it waits in the queue until it is its turn, or it gives up
// waking.cc     who is next is told; who may be next looks
// holding.cc    extend, release, break, and learning that a lease was broken
// asking.cc     inspect and diagnose
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>

#include "backend/file/crash_watch.h"
#include "backend/file/directory.h"
#include "backend/file/names.h"
#include "backend/file/queue.h"
#include "backend/file/request.h"
#include "backend/file/rows.h"
#include "backend/file/section.h"
#include "backend/file/wake_socket.h"
#include "backend/host/host.h"

namespace repolock::backend::file {

class Client {
 public:
  Client(const repolock_host_api_t *api, repolock_host_t *host, Address address);
  ~Client();  // waiters leave, and what is held is free
  Client(const Client &) = delete;
  Client &operator=(const Client &) = delete;

  Fault open();
  void submit(const repolock_backend_request_t &sent);
  void cancel(uint64_t request_id);

 private:
  // Entering.
  void start(const repolock_backend_request_t &sent);
  void enter(Request &request);
  Result<Descriptor> descriptor_for(const Request &request);
  void enter_later(Request &request);
  void entered(const Request &request);
  void line_up(Request &request, Section &section);
  void break_inside(Request &request, Section &section);

  // Waiting.
  void wait_in_queue(Request &request, Queue &queue);
  bool take_turn(Request &request);
  void leave_queue(Request &request);
  void give_up(const Request &request, Ticket ticket);
  void start_again(Request &request);
  void tell_places(const std::string &repo, Queue &queue, bool has_time);

  // The end of a request: it is answered, and gone.
  void grant(Request &request, int32_t previous);
  void refuse(Request &request, repolock_status_t status);
  void finish(Request &request, const Failure &failure, const Rows *rows = nullptr);
  void drop(Request &request);

  // Waking.
  void wake_behind(const std::string &repo, int fd, Ticket over, bool was_shared);
  void look_at(const std::string &repo);
  void look_around();
  void heard(Message message, const std::string &repo);
  void closed(const std::string &repo);
  void suspect(const std::string &repo, size_t step);
  void look_at_suspects();
  void tick();
  void tick_for_place(int64_t place);
  void tick_within(int64_t ms);

  // Holding.
  void release(const repolock_backend_request_t &sent);
  repolock_grant_t release_one(const repolock_claim_t &claim);
  void extend(const repolock_backend_request_t &sent);
  repolock_grant_t extend_one(const repolock_claim_t &claim);
  void tell_broken(uint64_t socket, const std::string &repo);
  void tell_broken(const Queue &queue, const std::string &repo);
  void look_for_broken(const std::string &repo);
  bool let_go_if_broken(const std::string &repo, const std::string &lease_id, Lease &lease);

  // Asking.
  void inspect(const repolock_backend_request_t &sent);
  Fault add_rows(const std::string &repo, Rows *rows);
  void diagnose(const repolock_backend_request_t &sent);
  void add_holders(const std::string &repo, Queue &queue, Ticket until, Rows *rows);

  void put_idle(const std::string &repo, Descriptor file);

  template <class Body>
  void guarded(uint64_t request_id, Body body);
  static void on_request_timer(void *request);
  static void on_tick(void *client);
  static void on_suspicion(void *client);
  static void on_idle(void *client);

  static constexpr int64_t kTickMs = 1000;

  struct Suspect {
    size_t step;
    int64_t at_ms;
  };

  Host host_;
  Directory directory_;
  const uint64_t pid_namespace_;
  std::unordered_map<uint64_t, std::unique_ptr<Request>> requests_;
  std::map<std::string, std::set<uint64_t>> entering_;  // of each name, the first one first
  Names names_;
  WakeSocket socket_;
  CrashWatch crash_watch_;
  std::set<std::string> to_look_at_;
  bool is_looking_ = false;
  std::map<std::string, Suspect> suspects_;
  Timer suspicion_timer_;
  Timer tick_timer_;
  int64_t tick_at_ = INT64_MAX;
  bool is_behind_ = false;  // memory ran out on the way: the next tick looks at everything
  Timer idle_timer_;
  bool sweeps_ = false;  // the idle timer is set
};

}  // namespace repolock::backend::file
