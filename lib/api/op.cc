#include "api/guard.h"
#include "api/handles.h"
#include "api/listener.h"
#include "core/repo_name.h"

using namespace repolock;

namespace {

// NULL and 0 stand for all names.
core::Result<std::string> canonical(const repolock_client_t *client, const char *repo, size_t len) {
  if (repo == nullptr) return std::string();
  return core::canonical_repo({repo, len}, client->hold.client->options().name_rules());
}

template <class Start>
repolock_status_t start(repolock_client_t *client, repolock_op_t **out, Start begin) {
  return api::guard([&]() -> repolock_status_t {
    if (client == nullptr || out == nullptr) return REPOLOCK_E_INVALID;
    if (client->hold.forked()) return REPOLOCK_E_FORKED;
    auto op = std::make_unique<repolock_op>(client->hold);
    op->op = begin(*client->hold.client);
    *out = op.release();
    return REPOLOCK_OK;
  });
}

repolock_status_t listen(repolock_op_t *op, loop::Op::Subject subject, repolock_event_cb callback,
                         void *user_data, repolock_free_cb free_user_data) {
  return api::guard([&]() -> repolock_status_t {
    if (op == nullptr) return REPOLOCK_E_INVALID;
    if (op->hold.forked()) return REPOLOCK_E_FORKED;
    const auto listener = api::make_listener(callback, user_data, free_user_data);
    if (!listener) return REPOLOCK_E_INVALID;
    return api::as_status(op->hold.client->listen(op->op, subject, listener));
  });
}

}  // namespace

extern "C" {

repolock_status_t repolock_inspect_start(repolock_client_t *client, const char *repo, size_t len,
                                         repolock_op_t **out) {
  if (repo == nullptr && len != 0) return REPOLOCK_E_INVALID;
  return start(client, out,
               [&](loop::Client &loop) { return loop.inspect(canonical(client, repo, len)); });
}

repolock_status_t repolock_diagnose_start(repolock_client_t *client, repolock_op_t **out) {
  return start(client, out, [](loop::Client &loop) { return loop.diagnose(); });
}

repolock_status_t repolock_break_start(repolock_client_t *client, const char *repo, size_t len,
                                       const char *lease_id, repolock_op_t **out) {
  if (repo == nullptr || lease_id == nullptr) return REPOLOCK_E_INVALID;
  return start(client, out, [&](loop::Client &loop) {
    return loop.break_lease(canonical(client, repo, len), lease_id);
  });
}

repolock_status_t repolock_op_on_done(repolock_op_t *op, repolock_event_cb callback,
                                      void *user_data, repolock_free_cb free_user_data) {
  return listen(op, loop::Op::Subject::kDone, callback, user_data, free_user_data);
}

repolock_status_t repolock_op_on_wait(repolock_op_t *op, repolock_event_cb callback,
                                      void *user_data, repolock_free_cb free_user_data) {
  if (op != nullptr && !op->hold.forked() && op->op->kind() != loop::Op::Kind::kAcquire)
    return REPOLOCK_E_INVALID;
  return listen(op, loop::Op::Subject::kWait, callback, user_data, free_user_data);
}

repolock_status_t repolock_op_wait(repolock_op_t *op, int64_t timeout_ms) {
  return api::guard([&]() -> repolock_status_t {
    core::Millis timeout = 0;
    if (op == nullptr || !api::read_limit(timeout_ms, &timeout)) return REPOLOCK_E_INVALID;
    if (op->hold.forked()) return REPOLOCK_E_FORKED;
    if (timeout == 0) return api::as_status(op->op->status());
    if (!api::may_block()) return REPOLOCK_E_WRONG_THREAD;
    const loop::OpPtr held = op->op;
    return api::as_status(held->wait(timeout));
  });
}

void repolock_op_cancel(repolock_op_t *op) {
  if (op == nullptr || op->hold.forked()) return;
  op->hold.client->cancel(op->op);
}

repolock_status_t repolock_op_status(const repolock_op_t *op) {
  if (op == nullptr) return REPOLOCK_E_INVALID;
  if (op->hold.forked()) return REPOLOCK_E_FORKED;
  return api::as_status(op->op->status());
}

const char *repolock_op_message(const repolock_op_t *op) {
  return op == nullptr || op->hold.forked() ? "" : op->op->message();
}

repolock_status_t repolock_op_take_lease(repolock_op_t *op, repolock_lease_t **out) {
  return api::guard([&]() -> repolock_status_t {
    if (op == nullptr || out == nullptr) return REPOLOCK_E_INVALID;
    if (op->hold.forked()) return REPOLOCK_E_FORKED;
    auto lease = std::make_unique<repolock_lease>(op->hold);
    const core::Status status = op->op->take_lease(&lease->lease);
    if (status == core::Status::kOk) *out = lease.release();
    return api::as_status(status);
  });
}

repolock_status_t repolock_op_snapshot(const repolock_op_t *op, repolock_snapshot_t **out) {
  return api::guard([&]() -> repolock_status_t {
    if (op == nullptr || out == nullptr) return REPOLOCK_E_INVALID;
    if (op->hold.forked()) return REPOLOCK_E_FORKED;
    auto rows = op->op->rows();
    if (!rows)
      return op->op->status() == core::Status::kPending ? REPOLOCK_E_PENDING : REPOLOCK_E_INVALID;
    *out = new repolock_snapshot{std::move(rows)};
    return REPOLOCK_OK;
  });
}

void repolock_op_free(repolock_op_t *op) {
  if (op == nullptr || op->hold.forked()) return;
  op->hold.client->drop(op->op);
  delete op;
}

}  // extern "C"
