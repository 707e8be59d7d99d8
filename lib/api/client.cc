#include "api/guard.h"
#include "api/handles.h"
#include "plugin/backend.h"

using namespace repolock;

namespace {

constexpr uint64_t kPublicCapabilities = 0xffff;  // the rest is between library and backends

}  // namespace

extern "C" {

repolock_status_t repolock_client_open(const repolock_config_t *config, repolock_client_t **out,
                                       char *err, size_t err_size) {
  const api::ErrorText text{err, err_size};
  return api::guard(text, [&]() -> repolock_status_t {
    if (out == nullptr) return text.fail(REPOLOCK_E_INVALID, "out must not be NULL");
    const core::Options options =
        config == nullptr ? core::Options(plugin::known_schemes()) : config->options;
    if (const auto failure = options.check()) return text.fail(*failure);
    auto handle = std::make_unique<repolock_client>();
    auto client = loop::Client::open(options, plugin::opener(options));
    if (const auto *failure = core::failure_of(client)) return text.fail(*failure);
    handle->hold.client = std::get<loop::ClientPtr>(std::move(client));
    *out = handle.release();
    return REPOLOCK_OK;
  });
}

repolock_status_t repolock_backend_list(const repolock_config_t *config, repolock_snapshot_t **out,
                                        char *err, size_t err_size) {
  const api::ErrorText text{err, err_size};
  return api::guard(text, [&]() -> repolock_status_t {
    if (out == nullptr) return text.fail(REPOLOCK_E_INVALID, "out must not be NULL");
    auto rows = plugin::backend_rows(config == nullptr ? core::Options(plugin::known_schemes())
                                                       : config->options);
    if (const auto *failure = core::failure_of(rows)) return text.fail(*failure);
    for (core::Row &row : std::get<core::Rows>(rows))
      if (row.capabilities >= 0) row.capabilities &= kPublicCapabilities;
    *out = new repolock_snapshot{
        std::make_shared<const core::Rows>(std::get<core::Rows>(std::move(rows)))};
    return REPOLOCK_OK;
  });
}

// In a forked child the handle is left as it is: whatever it holds is the parent's.
void repolock_client_free(repolock_client_t *client) {
  if (client == nullptr || client->hold.forked()) return;
  client->hold.client->drop();
  delete client;
}

uint64_t repolock_client_capabilities(const repolock_client_t *client) {
  return client == nullptr ? 0 : client->hold.client->capabilities() & kPublicCapabilities;
}

repolock_status_t repolock_client_stat(const repolock_client_t *client, size_t index,
                                       const char **name, int64_t *value) {
  if (client == nullptr || name == nullptr || value == nullptr) return REPOLOCK_E_INVALID;
  if (client->hold.forked()) return REPOLOCK_E_FORKED;
  return client->hold.client->stats().read(index, name, value) ? REPOLOCK_OK : REPOLOCK_E_INVALID;
}

void repolock_client_heartbeat(repolock_client_t *client) {
  if (client == nullptr || client->hold.forked()) return;
  api::guard([&] {
    client->hold.client->heartbeat();
    return REPOLOCK_OK;
  });
}

repolock_status_t repolock_shutdown(repolock_client_t *client, int64_t timeout_ms) {
  return api::guard([&]() -> repolock_status_t {
    core::Millis timeout = 0;
    if (client == nullptr || !api::read_limit(timeout_ms, &timeout)) return REPOLOCK_E_INVALID;
    if (client->hold.forked()) return REPOLOCK_E_FORKED;
    if (!api::may_block()) return REPOLOCK_E_WRONG_THREAD;
    const loop::ClientPtr held = client->hold.client;
    const core::Millis limit =
        timeout == core::kForever ? timeout : timeout + core::Settings().release_timeout;
    return api::as_status(held->await(held->shutdown(timeout), limit));
  });
}

repolock_status_t repolock_shutdown_start(repolock_client_t *client, int64_t timeout_ms,
                                          repolock_op_t **out) {
  return api::guard([&]() -> repolock_status_t {
    core::Millis timeout = 0;
    if (client == nullptr || out == nullptr) return REPOLOCK_E_INVALID;
    if (client->hold.forked()) return REPOLOCK_E_FORKED;
    auto op = std::make_unique<repolock_op>(client->hold);
    op->op = api::read_limit(timeout_ms, &timeout)
                 ? client->hold.client->shutdown(timeout)
                 : client->hold.client->failed(
                       loop::Op::Kind::kShutdown,
                       {core::Status::kInvalid, "timeout " + std::to_string(timeout_ms) +
                                                    " ms is negative; give 0 or more, or -1"});
    *out = op.release();
    return REPOLOCK_OK;
  });
}

}  // extern "C"
