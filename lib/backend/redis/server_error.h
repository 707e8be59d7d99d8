// server_error.h - what an error of the server means for a lock, and its remedy.
#pragma once

#include <string>

#include "backend/host/failure.h"

namespace repolock::backend::redis {

// error: as the server sent it, "NOPERM this user has no permissions..."; inside a script Redis puts its
// own words around it, and then the first known word in it counts. server: Endpoint::name().
// E_DENIED: authentication, ACL. E_MISCONFIGURED: WRONGTYPE, cluster mode, a foreign F. E_UNAVAILABLE:
// LOADING, READONLY, OOM, MISCONF, BUSY... which pass, or have a remedy at the server.
Failure failure_of(const std::string &error, const std::string &server);

// What it said is no answer to what it was asked.
Failure not_understood(const std::string &server);

// NOSCRIPT: it does not know the script by its SHA1.
bool is_no_script(const std::string &error);

}  // namespace repolock::backend::redis
