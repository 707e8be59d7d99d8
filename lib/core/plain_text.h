// plain_text.h - text that is shown to others on their terminals, and kept in records.
#pragma once

#include <cstddef>
#include <string_view>

namespace repolock::core {

// The first byte that is not part of well-formed UTF-8, or belongs to a control character (those of
// ASCII, and U+0080 to U+009F, which terminals obey too); npos where all is well.
size_t bad_text_at(std::string_view text);

}  // namespace repolock::core
