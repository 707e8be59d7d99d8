#include "backend/host/plain_text.h"

#include <algorithm>

namespace repolock::backend {

std::string plain_text(std::string_view text, size_t most) {
  std::string out(text.substr(0, most));
  std::ranges::replace_if(
      out, [](char c) { return c < ' ' || c > '~'; }, '?');
  return text.size() > most ? out + "..." : out;
}

}  // namespace repolock::backend
