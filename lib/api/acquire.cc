#include "api/acquire.h"

#include <string>
#include <vector>

using namespace repolock;

namespace repolock::api {

core::Result<core::Plan> plan_of(const repolock_client_t *client, const char *repo, size_t len,
                                 const repolock_request_t *request) {
  if (request != nullptr && request->out_of_memory)
    return core::Failure{core::Status::kNoMemory, "out of memory in a repolock_request_* setter"};
  return core::make_plan({repo, len}, request == nullptr ? core::Request() : request->request,
                         client->hold.client->options());
}

repolock_status_t acquire(repolock_client_t *client, const char *repo, size_t len,
                          const repolock_request_t *request, repolock_lease_t **out,
                          std::vector<std::string> *repos, ErrorText text) {
  if (client == nullptr || repo == nullptr || out == nullptr)
    return text.fail(REPOLOCK_E_INVALID, "client, repo and out must not be NULL");
  if (client->hold.forked()) return text.forked();
  if (!may_block()) return text.wrong_thread();
  auto plan = plan_of(client, repo, len, request);
  if (const auto *failure = core::failure_of(plan)) return text.fail(*failure);
  *repos = std::get<core::Plan>(plan).repos;
  const std::string inside = client->hold.reentry->inside(*repos);
  if (!inside.empty())
    return text.fail(REPOLOCK_E_DEADLOCK,
                     "this thread is inside repolock_with_lock on " + inside +
                         " and would wait for itself; use the lease that it has");

  auto handle = std::make_unique<repolock_lease>(client->hold);
  const loop::ClientPtr held = client->hold.client;
  const core::Millis wait = std::get<core::Plan>(plan).wait;
  const loop::OpPtr op = held->acquire(std::move(plan));
  std::string blocked;
  const core::Status status = held->await(op, wait, &blocked);
  if (status != core::Status::kOk)
    return text.fail(as_status(status), blocked.empty() ? op->message() : blocked.c_str());
  op->take_lease(&handle->lease);
  *out = handle.release();
  return REPOLOCK_OK;
}

}  // namespace repolock::api

extern "C" {

repolock_status_t repolock_acquire(repolock_client_t *client, const char *repo, size_t len,
                                   const repolock_request_t *request, repolock_lease_t **out,
                                   char *err, size_t err_size) {
  const api::ErrorText text{err, err_size};
  return api::guard(text, [&] {
    std::vector<std::string> repos;
    return api::acquire(client, repo, len, request, out, &repos, text);
  });
}

repolock_status_t repolock_with_lock(repolock_client_t *client, const char *repo, size_t len,
                                     const repolock_request_t *request, repolock_body_cb body,
                                     void *user_data, int32_t *body_result, char *err,
                                     size_t err_size) {
  const api::ErrorText text{err, err_size};
  return api::guard(text, [&]() -> repolock_status_t {
    if (body == nullptr) return text.fail(REPOLOCK_E_INVALID, "body must not be NULL");
    std::vector<std::string> repos;
    repolock_lease_t *lease = nullptr;
    const repolock_status_t acquired =
        api::acquire(client, repo, len, request, &lease, &repos, text);
    if (acquired != REPOLOCK_OK) return acquired;

    const auto reentry = lease->hold.reentry;  // body may free the client
    try {
      reentry->enter(repos);
    } catch (...) {
      repolock_release(lease);
      repolock_lease_free(lease);
      throw;
    }
    const int32_t result = body(lease, user_data);
    if (lease->hold.forked()) return text.forked();  // body forked, and this is the child
    reentry->leave(repos);
    if (body_result != nullptr) *body_result = result;

    const repolock_status_t released = repolock_release(lease);
    // A release without an answer changes nothing for the body that ran: it ends by its ttl.
    const bool ran_alone =
        released == REPOLOCK_OK || released == REPOLOCK_E_UNKNOWN || released == REPOLOCK_E_NOMEM;
    const char *why = repolock_lease_message(lease);
    if (!ran_alone)
      text.fail(REPOLOCK_E_LOST, *why != '\0' ? why : "the client was shut down while body ran");
    repolock_lease_free(lease);
    return ran_alone ? REPOLOCK_OK : REPOLOCK_E_LOST;
  });
}

repolock_status_t repolock_acquire_start(repolock_client_t *client, const char *repo, size_t len,
                                         const repolock_request_t *request, repolock_op_t **out) {
  return api::guard([&]() -> repolock_status_t {
    if (client == nullptr || repo == nullptr || out == nullptr) return REPOLOCK_E_INVALID;
    if (client->hold.forked()) return REPOLOCK_E_FORKED;
    auto op = std::make_unique<repolock_op>(client->hold);
    op->op = client->hold.client->acquire(api::plan_of(client, repo, len, request));
    *out = op.release();
    return REPOLOCK_OK;
  });
}

}  // extern "C"
