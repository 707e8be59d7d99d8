// options.h - the options redis.* of a client.
#pragma once

#include <repolock/plugin.h>

#include "backend/host/failure.h"
#include "backend/redis/settings.h"

namespace repolock::backend::redis {

// The URL and the options. E_INVALID names what is wrong.
Result<Settings> read_settings(const repolock_open_params_t &params);

}  // namespace repolock::backend::redis
