// listing.h - all locks that are held or waited for, as `repolock ls` and `repolock top` show them.
#pragma once

#include <string>
#include <vector>

#include "rows.h"

namespace repolock::shell {

// A heading, then a line for each holder; quiet: only the names.
std::string listing_text(const std::vector<RepoRows> &repos, bool quiet);

// An object for each repository.
std::vector<std::string> listing_json(const std::vector<RepoRows> &repos);

}  // namespace repolock::shell
