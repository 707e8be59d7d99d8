#include "core/quote.h"

namespace repolock::core {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

}  // namespace

std::string quoted(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    std::string shown(1, c);
    if (byte < ' ' || byte > '~' || c == '"' || c == '\\') {
      shown = {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
    if (out.size() + shown.size() > kMaxQuoted) {
      return '"' + out + "\"... (" + std::to_string(text.size()) + " bytes)";
    }
    out += shown;
  }
  return '"' + out + '"';
}

}  // namespace repolock::core
