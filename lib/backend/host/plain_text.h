// plain_text.h - other people's text inside our messages, without harm to the message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace repolock::backend {

// One line of printable ASCII: another byte is shown as a question mark, and what is beyond so many
// bytes as "...".
std::string plain_text(std::string_view text, size_t most);

}  // namespace repolock::backend
