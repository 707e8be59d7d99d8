// percent.h - %20 and the like in URLs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace repolock::backend {

// Nothing: a % that two hex digits do not follow, or %00.
std::optional<std::string> decode_percent(std::string_view text);

}  // namespace repolock::backend
