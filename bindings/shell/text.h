// text.h - bytes from elsewhere, made fit for a terminal, for JSON and for a shell.
#pragma once

#include <string>
#include <string_view>

namespace repolock::shell {

// Valid UTF-8: every byte that is none becomes U+FFFD.
std::string valid_utf8(std::string_view bytes);

// For a terminal: valid UTF-8 in which control characters, which could move the cursor or set the
// window's title, are '?'.
std::string printable(std::string_view bytes);

// At most this many bytes, cut between characters, with "..." for what is missing.
std::string cut(std::string_view text, size_t most);

// As one word of a command line.
std::string quoted(std::string_view word);

}  // namespace repolock::shell
