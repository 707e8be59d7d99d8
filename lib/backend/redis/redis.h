// redis.h - the backend of redis:, redis+unix: and redis+quorum:, as plugin.h wants it.
#pragma once

#include <repolock/plugin.h>

namespace repolock::backend::redis {

const repolock_backend_api_t *init(const repolock_host_api_t *host, uint32_t wanted_abi);

}  // namespace repolock::backend::redis
