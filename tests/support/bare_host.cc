#include "support/bare_host.h"

namespace repolock::testing {

namespace {

backend::Host *opened = nullptr;  // by the thread that tests

repolock_status_t open(const repolock_host_api_t *api, repolock_host_t *host,
                       const repolock_open_params_t *, void **self, char *, size_t) {
  *self = opened = new backend::Host(api, host);
  return REPOLOCK_OK;
}

void submit(void *, const repolock_backend_request_t *) {}
void cancel(void *, uint64_t) {}

void close(void *self) {
  delete static_cast<backend::Host *>(self);
}

constexpr repolock_backend_api_t kTable = {sizeof(repolock_backend_api_t),
                                           REPOLOCK_PLUGIN_ABI,
                                           "bare",
                                           REPOLOCK_VERSION_STRING,
                                           0,
                                           open,
                                           submit,
                                           cancel,
                                           close,
                                           nullptr};

const repolock_backend_api_t *init(const repolock_host_api_t *, uint32_t) {
  return &kTable;
}

}  // namespace

BareHost::BareHost(FakeClock *clock) : driver_(clock) {
  driver_.open(init, "bare:");
  host_ = opened;
}

}  // namespace repolock::testing
