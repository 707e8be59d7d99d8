#include "api/guard.h"
#include "api/handles.h"

using namespace repolock;

namespace {

// Setters return nothing: what goes wrong is told by the acquisition that uses the request.
template <class Change>
void change(repolock_request_t *request, Change change) {
  if (request == nullptr) return;
  if (api::guard([&] {
        change(request->request);
        return REPOLOCK_OK;
      }) != REPOLOCK_OK)
    request->out_of_memory = true;
}

}  // namespace

extern "C" {

repolock_request_t *repolock_request_new(void) {
  return new (std::nothrow) repolock_request;
}

void repolock_request_free(repolock_request_t *request) {
  delete request;
}

void repolock_request_set_ttl(repolock_request_t *request, int64_t ttl_ms) {
  change(request, [&](core::Request &set) { set.ttl = ttl_ms; });
}

void repolock_request_set_wait(repolock_request_t *request, int64_t wait_ms) {
  change(request, [&](core::Request &set) { set.wait = wait_ms; });
}

void repolock_request_set_max_hold(repolock_request_t *request, int64_t max_hold_ms) {
  change(request, [&](core::Request &set) { set.max_hold = max_hold_ms; });
}

void repolock_request_set_shared(repolock_request_t *request, int32_t shared) {
  change(request, [&](core::Request &set) { set.shared = shared; });
}

void repolock_request_set_holder(repolock_request_t *request, const char *text, size_t len) {
  change(request, [&](core::Request &set) {
    if (text == nullptr)
      set.holder.reset();
    else
      set.holder.emplace(text, len);
  });
}

void repolock_request_set_renew(repolock_request_t *request, int32_t renew) {
  change(request, [&](core::Request &set) { set.renew = renew != 0; });
}

void repolock_request_add_repo(repolock_request_t *request, const char *repo, size_t len) {
  change(request, [&](core::Request &set) {
    set.more_repos.emplace_back(repo == nullptr ? "" : repo, repo == nullptr ? 0 : len);
  });
}

}  // extern "C"
