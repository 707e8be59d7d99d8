#include "backend/redis/redis.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "backend/redis/client.h"
#include "backend/redis/options.h"
#include "backend/redis/resolver.h"
#include "backend/redis/socket_connection.h"

namespace repolock::backend::redis {

namespace {

struct Backend {
  Backend(const repolock_host_api_t *api, repolock_host_t *handle, const Settings &settings)
      : host(api, handle),
        resolver(host),
        client(host, settings, [&](const Endpoint &server, std::function<void()> out_of_memory) {
          const Address &address = settings.address;
          return std::make_unique<SocketConnection>(
              host, resolver, server, Credentials{address.user, address.password, address.database},
              Limits{settings.answer_ms, settings.answer_ms}, std::move(out_of_memory));
        }) {}

  Host host;
  Resolver resolver;
  Client client;
};

// Not FENCE_STRICT: fences rest on the server's data, and after 7 idle days on its clock. Not
// EXCLUDE_STRICT: a lease ends by a clock.
constexpr uint64_t kCapabilities =
    uint64_t{REPOLOCK_CAN_FIFO} | REPOLOCK_CAN_FENCE | REPOLOCK_CAN_SHARE | REPOLOCK_CAN_SEVERAL |
    REPOLOCK_CAN_INSPECT | REPOLOCK_CAN_LIST | REPOLOCK_CAN_BREAK | REPOLOCK_CAN_WAIT;

void explain(const char *text, char *err, size_t err_size) {
  if (err == nullptr || err_size == 0) return;
  const size_t size = std::min(std::strlen(text), err_size - 1);
  std::memcpy(err, text, size);
  err[size] = '\0';
}

repolock_status_t open(const repolock_host_api_t *api, repolock_host_t *host,
                       const repolock_open_params_t *params, void **self, char *err,
                       size_t err_size) {
  try {
    auto settings = read_settings(*params);
    if (const auto *failure = std::get_if<Failure>(&settings)) {
      explain(failure->message.c_str(), err, err_size);
      return failure->status;
    }
    auto backend = std::make_unique<Backend>(api, host, std::get<Settings>(settings));
    backend->client.open();
    *self = backend.release();
    return REPOLOCK_OK;
  } catch (const std::bad_alloc &) {
    explain("out of memory; try again with more of it", err, err_size);
    return REPOLOCK_E_NOMEM;
  }
}

void submit(void *self, const repolock_backend_request_t *request) {
  static_cast<Backend *>(self)->client.submit(*request);
}

void cancel(void *self, uint64_t request) {
  static_cast<Backend *>(self)->client.cancel(request);
}

uint64_t effective_capabilities(void *self) {
  return static_cast<Backend *>(self)->client.capabilities(kCapabilities);
}

void close(void *self) {
  delete static_cast<Backend *>(self);
}

constexpr repolock_backend_api_t kTable = {
    sizeof(repolock_backend_api_t),
    REPOLOCK_PLUGIN_ABI,
    "redis redis+unix redis+quorum",
    REPOLOCK_VERSION_STRING,
    kCapabilities,
    open,
    submit,
    cancel,
    close,
    effective_capabilities,
};

}  // namespace

const repolock_backend_api_t *init(const repolock_host_api_t *, uint32_t wanted_abi) {
  return wanted_abi == REPOLOCK_PLUGIN_ABI ? &kTable : nullptr;
}

}  // namespace repolock::backend::redis
