// client.h - the library as the subcommands use it: what fails, throws.
#pragma once

#include <string>

#include "handles.h"
#include "options.h"

namespace repolock::shell {

Config make_config(const Common &common);
Client open_client(const Config &config);

// The one spelling of a repository.
std::string canonical(const Config &config, const std::string &repo);

// Waits for an answer that the backend gives at once or not at all.
Op finish(repolock_status_t started, repolock_op_t *op);

// What op tells, as rows.
Snapshot snapshot_of(const Op &op);

// The backends there are.
Snapshot backends(const Config &config);

// Who holds and who waits: of one name, or of all ("").
Snapshot inspect(const Client &client, const std::string &repo);

}  // namespace repolock::shell
