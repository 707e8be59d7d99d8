// endpoint.h - the spellings of one server: each has one that is its own.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace repolock::backend::redis {

char lower(char c);  // of ASCII, whatever the locale

// In lower case, without the dot that may end a full name. Nothing: no name of a host.
std::optional<std::string> canonical_host(std::string_view host);

// Without brackets, in its shortest form. Nothing: no IPv6 address.
std::optional<std::string> canonical_ipv6(std::string_view address);

}  // namespace repolock::backend::redis
