#include "backend/file/file.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "backend/file/client.h"

namespace repolock::backend::file {

namespace {

// Not FENCE_STRICT: if a lock file is removed, and the clock was set back before, its fences start
// again below those that were given.
constexpr uint64_t kCapabilities =
    uint64_t{REPOLOCK_CAN_FIFO} | REPOLOCK_CAN_FENCE | REPOLOCK_CAN_EXCLUDE_STRICT |
    REPOLOCK_CAN_SHARE | REPOLOCK_CAN_SEVERAL | REPOLOCK_CAN_INSPECT | REPOLOCK_CAN_LIST |
    REPOLOCK_CAN_BREAK | REPOLOCK_CAN_CRASH_RELEASE | REPOLOCK_CAN_WAIT | REPOLOCK_CAN_NEVER_EXPIRE;

repolock_status_t explain(const Failure &failure, char *err, size_t err_size) {
  if (err != nullptr && err_size > 0) set_text(err, err_size, failure.message);
  return failure.status;
}

Fault make_client(const repolock_host_api_t *api, repolock_host_t *host,
                  const repolock_open_params_t &params, std::unique_ptr<Client> *out) {
  if (params.option_count > 0)
    return Failure{REPOLOCK_E_INVALID, std::string("there is no option ") + params.keys[0] +
                                           "; file: has none, its directory is part of the URL"};
  auto address = parse_address(params.url);
  if (const auto *failure = std::get_if<Failure>(&address)) return *failure;
  auto client = std::make_unique<Client>(api, host, std::move(std::get<Address>(address)));
  if (auto fault = client->open()) return fault;
  *out = std::move(client);
  return std::nullopt;
}

repolock_status_t open(const repolock_host_api_t *api, repolock_host_t *host,
                       const repolock_open_params_t *params, void **self, char *err,
                       size_t err_size) {
  try {
    std::unique_ptr<Client> client;
    if (const auto fault = make_client(api, host, *params, &client))
      return explain(*fault, err, err_size);
    *self = client.release();
    return REPOLOCK_OK;
  } catch (const std::bad_alloc &) {
    if (err != nullptr && err_size > 0)
      set_text(err, err_size, "out of memory; try again with more of it");
    return REPOLOCK_E_NOMEM;
  }
}

void submit(void *self, const repolock_backend_request_t *request) {
  static_cast<Client *>(self)->submit(*request);
}

void cancel(void *self, uint64_t request_id) {
  static_cast<Client *>(self)->cancel(request_id);
}

void close(void *self) {
  delete static_cast<Client *>(self);
}

constexpr repolock_backend_api_t kTable = {
    sizeof(repolock_backend_api_t),
    REPOLOCK_PLUGIN_ABI,
    "file",
    REPOLOCK_VERSION_STRING,
    kCapabilities,
    open,
    submit,
    cancel,
    close,
    nullptr,
};

}  // namespace

const repolock_backend_api_t *init(const repolock_host_api_t *, uint32_t wanted_abi) {
  return wanted_abi == REPOLOCK_PLUGIN_ABI ? &kTable : nullptr;
}

}  // namespace repolock::backend::file
