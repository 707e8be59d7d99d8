// acquire.h - what the blocking and the starting calls have in common.
#pragma once

#include "api/guard.h"
#include "api/handles.h"

namespace repolock::api {

core::Result<core::Plan> plan_of(const repolock_client_t *client, const char *repo, size_t len,
                                 const repolock_request_t *request);

// Acquires on the calling thread; *repos: the names that it locks.
repolock_status_t acquire(repolock_client_t *client, const char *repo, size_t len,
                          const repolock_request_t *request, repolock_lease_t **out,
                          std::vector<std::string> *repos, ErrorText text);

}  // namespace repolock::api
