// quote.h - other people's text inside our messages, without harm to the message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace repolock::core {

// In double quotes, as one printable line: what is not printable ASCII, quotes and backslashes are
// written \xNN. What would be longer than kMaxQuoted is cut, and all its length told:
// "aaa"... (600 bytes).
inline constexpr size_t kMaxQuoted = 80;

std::string quoted(std::string_view text);

}  // namespace repolock::core
