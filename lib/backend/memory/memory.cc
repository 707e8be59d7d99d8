// The table of the backend: nothing but the border, across which no exception goes.
#include "backend/memory/memory.h"

#include <cstdio>

#include "backend/memory/client.h"
#include "backend/memory/registry.h"

namespace repolock::backend::memory {

namespace {

repolock_status_t read_options(const repolock_open_params_t &params, std::vector<Fault> &faults,
                               std::string &error) {
  for (size_t i = 0; i < params.option_count; ++i) {
    const std::string key = params.keys[i];
    if (key != "memory.fault") {
      error = "\"" + key + "\" is no option of memory:; the only one is memory.fault";
      return REPOLOCK_E_INVALID;
    }
    if (!parse_faults(params.values[i], faults, error)) return REPOLOCK_E_INVALID;
  }
  return REPOLOCK_OK;
}

repolock_status_t open_client(const repolock_host_api_t *api, repolock_host_t *host,
                              const repolock_open_params_t &params, void **self,
                              std::string &error) {
  std::vector<Fault> faults;
  const auto status = read_options(params, faults, error);
  if (status != REPOLOCK_OK) return status;
  auto store = store_of(params.url, error);
  if (store == nullptr) return REPOLOCK_E_INVALID;
  auto client = std::make_unique<Client>(api, host, std::move(store));
  if (client->is_broken()) throw std::bad_alloc();
  client->begin(faults);
  *self = client.release();
  return REPOLOCK_OK;
}

repolock_status_t open(const repolock_host_api_t *api, repolock_host_t *host,
                       const repolock_open_params_t *params, void **self, char *err,
                       size_t err_size) noexcept {
  try {
    std::string error;
    const auto status = open_client(api, host, *params, self, error);
    if (status != REPOLOCK_OK) (void)std::snprintf(err, err_size, "%s", error.c_str());
    return status;
  } catch (...) {
    (void)std::snprintf(err, err_size, "out of memory while %s was opened; try again", params->url);
    return REPOLOCK_E_NOMEM;
  }
}

void submit(void *self, const repolock_backend_request_t *request) noexcept {
  static_cast<Client *>(self)->submit(*request);
}

void cancel(void *self, uint64_t request_id) noexcept {
  static_cast<Client *>(self)->cancel(request_id);
}

void close(void *self) noexcept {
  auto *client = static_cast<Client *>(self);
  // In a forked child it is a copy of the parent's, whose mutex may be locked for ever.
  if (client->is_of_this_process()) delete client;
}

// Not EXCLUDE_STRICT, for its ttl rests on a clock.
constexpr uint64_t kCapabilities = uint64_t{REPOLOCK_CAN_WAIT} | REPOLOCK_CAN_FIFO |
                                   REPOLOCK_CAN_FENCE | REPOLOCK_CAN_FENCE_STRICT |
                                   REPOLOCK_CAN_SHARE | REPOLOCK_CAN_SEVERAL |
                                   REPOLOCK_CAN_INSPECT | REPOLOCK_CAN_LIST | REPOLOCK_CAN_BREAK;

const repolock_backend_api_t kTable = {
    sizeof kTable, REPOLOCK_PLUGIN_ABI,
    "memory",      REPOLOCK_VERSION_STRING,
    kCapabilities, open,
    submit,        cancel,
    close,         nullptr,
};

}  // namespace

const repolock_backend_api_t *init(const repolock_host_api_t *, uint32_t wanted_abi) {
  return wanted_abi == REPOLOCK_PLUGIN_ABI ? &kTable : nullptr;
}

}  // namespace repolock::backend::memory
