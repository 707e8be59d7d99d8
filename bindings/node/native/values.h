// values.h - JavaScript values as the library's, and back.
#pragma once

#include <napi.h>
#include <repolock/repolock.h>

#include <memory>
#include <string>

namespace repolock_node {

struct Free {
  void operator()(repolock_config_t *handle) const { repolock_config_free(handle); }
  void operator()(repolock_client_t *handle) const { repolock_client_free(handle); }
  void operator()(repolock_request_t *handle) const { repolock_request_free(handle); }
  void operator()(repolock_op_t *handle) const { repolock_op_free(handle); }
  void operator()(repolock_lease_t *handle) const { repolock_lease_free(handle); }
  void operator()(repolock_snapshot_t *handle) const { repolock_snapshot_free(handle); }
};
template <typename T>
using Handle = std::unique_ptr<T, Free>;

// A JavaScript error with the status as its code; nothing else is to be done with env after that.
void raise(Napi::Env env, repolock_status_t status, const std::string &message);

// {key: value}: raises, and gives none, where the library refuses a value.
Handle<repolock_config_t> config_of(Napi::Env env, const Napi::Object &values);

// {ttlMs, timeoutMs, maxHoldMs, shared, holder}; what is undefined stays as the client has it.
// repos: those after the first.
Handle<repolock_request_t> request_of(const Napi::Object &options, const Napi::Array &repos);

// As String(value) and Boolean(value); "" and false where no JavaScript can run any more, as in a worker that
// is being terminated: what node-addon-api gives then is nothing, and to ask that ends the process.
std::string text_of(const Napi::Value &value);
bool flag_of(const Napi::Value &value);

Napi::String status_of(Napi::Env env, repolock_status_t status);

// Milliseconds left; without end: Infinity.
Napi::Number remaining_of(Napi::Env env, int64_t remaining_ms);

// An array of rows {row, repo, leaseId, text, host, ...}; a field that a row lacks is not there.
Napi::Value rows_of(Napi::Env env, const repolock_snapshot_t *snapshot);

}  // namespace repolock_node
