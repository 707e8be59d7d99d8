#include "text.h"

#include <algorithm>
#include <cstdint>

namespace repolock::shell {
namespace {

bool is_continuation(char byte) {
  return (static_cast<uint8_t>(byte) & 0xC0) == 0x80;
}

// The bytes of the character that text begins with; 0: it is none (overlong forms and surrogates too).
size_t character_size(std::string_view text) {
  const auto at = [text](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : 0u; };
  const unsigned first = at(0), second = at(1);
  const size_t size = first < 0x80                    ? 1
                      : first >= 0xC2 && first < 0xE0 ? 2
                      : first >= 0xE0 && first < 0xF0 ? 3
                      : first >= 0xF0 && first < 0xF5 ? 4
                                                      : 0;
  if (size > text.size()) return 0;
  for (size_t i = 1; i < size; ++i) {
    if (!is_continuation(text[i])) return 0;
  }
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)) return 0;
  if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return 0;
  return size;
}

bool is_control(std::string_view character) {
  const auto first = static_cast<uint8_t>(character[0]);
  return first < 0x20 || first == 0x7F ||
         (first == 0xC2 && static_cast<uint8_t>(character[1]) < 0xA0);  // U+0080 to U+009F
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_-./:=@%+,").find(c) != std::string_view::npos;
}

}  // namespace

std::string valid_utf8(std::string_view bytes) {
  std::string out;
  while (!bytes.empty()) {
    const size_t size = character_size(bytes);
    out += size ? bytes.substr(0, size) : "\uFFFD";
    bytes.remove_prefix(std::max<size_t>(size, 1));
  }
  return out;
}

std::string printable(std::string_view bytes) {
  std::string out;
  const std::string valid = valid_utf8(bytes);
  for (std::string_view rest = valid; !rest.empty();) {
    const auto character = rest.substr(0, character_size(rest));
    out += is_control(character) ? "?" : character;
    rest.remove_prefix(character.size());
  }
  return out;
}

std::string cut(std::string_view text, size_t most) {
  if (text.size() <= most) return std::string(text);
  const std::string_view missing = std::string_view("...").substr(0, most);
  size_t end = most - missing.size();
  while (end > 0 && is_continuation(text[end])) --end;
  return std::string(text.substr(0, end)).append(missing);
}

std::string quoted(std::string_view word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) return std::string(word);
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace repolock::shell
