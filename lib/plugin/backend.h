// backend.h - which backends there are, and how a client opens one.
#pragma once

#include <span>
#include <string_view>

#include "core/options.h"
#include "core/row.h"
#include "loop/backend.h"

namespace repolock::plugin {

// Of all backends that are built in, in lower case; for ever. No plugin replaces them.
std::span<const std::string_view> known_schemes();

// Opens the backend that the scheme of options.backend() names.
loop::OpenBackend opener(const core::Options &options);

// A row for each: those that are built in, then those of plugin.path, which are loaded for it.
core::Result<core::Rows> backend_rows(const core::Options &options);

}  // namespace repolock::plugin
