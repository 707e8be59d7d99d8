// url.h - the URL of a backend: "scheme:rest".
//
//   file:                the default directory of this user
//   file:///srv/locks    another directory
//   memory:ci            locks of this process only
//
// Only the scheme is understood here; what stands after it is the backend's business.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/status.h"

namespace repolock::core {

inline constexpr size_t kMaxUrlBytes = 4096;

struct Url {
  std::string scheme;  // in lower case
  std::string rest;    // all after the colon, as it came
};

// kInvalid where there is no scheme, for control bytes, and beyond kMaxUrlBytes.
Result<Url> parse_url(std::string_view text);

// For messages and logs, where no password or token may appear: user and password, and what stands
// after '?', become "***". Takes any text, and rather hides too much than too little.
std::string masked_url(std::string_view text);

}  // namespace repolock::core
