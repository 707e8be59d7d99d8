/* shims.h - what Go cannot say to C by itself: strings without a copy, numbers as user_data, and
 * results as values, which keeps the variables they land in off Go's heap. */
#ifndef REPOLOCK_GO_SHIMS_H
#define REPOLOCK_GO_SHIMS_H

#include <repolock/repolock.h>

typedef struct {
  repolock_op_t *op;
  repolock_status_t status;
} shim_op_t;

typedef struct {
  repolock_lease_t *lease;
  repolock_status_t status;
  int32_t previous;
  uint64_t fence;
} shim_grant_t;

typedef struct {
  repolock_event_t *event;
  uintptr_t tag;
  repolock_status_t status;
  int32_t kind;
} shim_event_t;

/* An empty Go string may have no address, which C takes for a missing one. */
static inline const char *shim_text(_GoString_ text) {
  return _GoStringLen(text) == 0 ? "" : _GoStringPtr(text);
}

static inline shim_op_t shim_acquire(repolock_client_t *client, _GoString_ repo,
                                     const repolock_request_t *request) {
  shim_op_t out = {NULL, REPOLOCK_OK};
  out.status =
      repolock_acquire_start(client, shim_text(repo), _GoStringLen(repo), request, &out.op);
  return out;
}

static inline shim_op_t shim_inspect(repolock_client_t *client, _GoString_ repo) {
  shim_op_t out = {NULL, REPOLOCK_OK};
  out.status = repolock_inspect_start(client, shim_text(repo), _GoStringLen(repo), &out.op);
  return out;
}

static inline shim_op_t shim_list(repolock_client_t *client) {
  shim_op_t out = {NULL, REPOLOCK_OK};
  out.status = repolock_inspect_start(client, NULL, 0, &out.op);
  return out;
}

static inline shim_op_t shim_break(repolock_client_t *client, _GoString_ repo,
                                   const char *lease_id) {
  shim_op_t out = {NULL, REPOLOCK_OK};
  out.status = repolock_break_start(client, shim_text(repo), _GoStringLen(repo), lease_id, &out.op);
  return out;
}

static inline shim_op_t shim_extend(repolock_lease_t *lease, int64_t ttl_ms) {
  shim_op_t out = {NULL, REPOLOCK_OK};
  out.status = repolock_extend_start(lease, ttl_ms, &out.op);
  return out;
}

static inline shim_op_t shim_release(repolock_lease_t *lease) {
  shim_op_t out = {NULL, REPOLOCK_OK};
  out.status = repolock_release_start(lease, &out.op);
  return out;
}

static inline shim_op_t shim_shutdown(repolock_client_t *client, int64_t timeout_ms) {
  shim_op_t out = {NULL, REPOLOCK_OK};
  out.status = repolock_shutdown_start(client, timeout_ms, &out.op);
  return out;
}

/* The lease of an op that is OK, with its losses told to the queue under tag. */
static inline shim_grant_t shim_take(repolock_op_t *op, uintptr_t tag) {
  shim_grant_t out = {NULL, REPOLOCK_OK, 0, 0};
  out.status = repolock_op_take_lease(op, &out.lease);
  if (out.status != REPOLOCK_OK) return out;
  out.previous = repolock_lease_previous(out.lease);
  out.fence = repolock_lease_fence(out.lease);
  (void)repolock_lease_on_lost(out.lease, NULL, (void *)tag, NULL);
  return out;
}

static inline repolock_snapshot_t *shim_snapshot(const repolock_op_t *op) {
  repolock_snapshot_t *out = NULL;
  (void)repolock_op_snapshot(op, &out);
  return out;
}

static inline repolock_status_t shim_on_done(repolock_op_t *op, uintptr_t tag) {
  return repolock_op_on_done(op, NULL, (void *)tag, NULL);
}

static inline repolock_status_t shim_on_wait(repolock_op_t *op, uintptr_t tag) {
  return repolock_op_on_wait(op, NULL, (void *)tag, NULL);
}

static inline repolock_status_t shim_on_log(repolock_client_t *client, int32_t level,
                                            uintptr_t tag) {
  return repolock_client_on_log(client, level, NULL, (void *)tag, NULL);
}

static inline shim_event_t shim_next(repolock_client_t *client) {
  shim_event_t out = {NULL, 0, REPOLOCK_OK, 0};
  out.status = repolock_event_next(client, -1, &out.event);
  if (out.status != REPOLOCK_OK) return out;
  out.tag = (uintptr_t)repolock_event_user_data(out.event);
  out.kind = repolock_event_kind(out.event);
  return out;
}

static inline void shim_set_holder(repolock_request_t *request, _GoString_ text) {
  repolock_request_set_holder(request, shim_text(text), _GoStringLen(text));
}

static inline void shim_add_repo(repolock_request_t *request, _GoString_ repo) {
  repolock_request_add_repo(request, shim_text(repo), _GoStringLen(repo));
}

static inline repolock_status_t shim_canonical(const repolock_config_t *config, _GoString_ repo,
                                               char *out, char *err, size_t err_size) {
  return repolock_repo_canonical(config, shim_text(repo), _GoStringLen(repo), out,
                                 REPOLOCK_REPO_SIZE, err, err_size);
}

#endif
