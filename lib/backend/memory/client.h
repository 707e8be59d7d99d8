// client.h - one opened client: its requests, with the faults that they meet on their way.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "backend/memory/store.h"

namespace repolock::backend::memory {

class Client {
 public:
  Client(const repolock_host_api_t *api, repolock_host_t *host, std::shared_ptr<Store> store);
  // After it nothing is answered any more.
  ~Client();
  Client(const Client &) = delete;
  Client &operator=(const Client &) = delete;

  // Out of memory for its timer: it cannot be used.
  bool is_broken() const { return alarm_.is_broken(); }
  bool is_of_this_process() const { return store_->is_of_this_process(); }

  // Applies the faults, then takes its place among the clients of the store.
  void begin(const std::vector<Fault> &faults);
  void submit(const repolock_backend_request_t &sent);
  void cancel(uint64_t request_id);

 private:
  static void on_alarm(void *data);
  void send(Request request, int64_t now);
  int64_t last_on_its_way(const Request &request) const;
  void arrive(const Request &request, int64_t now);
  void out_of_memory(uint64_t request_id, int64_t now);
  int64_t now() const { return api_->now(host_); }

  const repolock_host_api_t *api_;
  repolock_host_t *host_;
  std::shared_ptr<Store> store_;

  // Guarded by the mutex of the store.
  Listener listener_;
  Alarm alarm_;
  std::multimap<int64_t, Request> delayed_;  // by the time at which they arrive
};

}  // namespace repolock::backend::memory
