// backend.h - which backends there are, and how a client opens one.
#pragma once

#include <span>
#include <string_view>

#include "core/options.h"
#include "loop/backend.h"

namespace repolock::plugin {

// Of all backends that can be opened, in lower case; for ever.
std::span<const std::string_view> known_schemes();

// Opens the backend that the scheme of options.backend() names.
loop::OpenBackend opener(const core::Options &options);

}  // namespace repolock::plugin
