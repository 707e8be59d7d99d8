#include "core/plain_text.h"

#include <array>
#include <cstdint>

#include "core/ascii.h"

namespace repolock::core {
namespace {

constexpr std::array<uint32_t, 5> kSmallest = {0, 0, 0xa0, 0x800, 0x10000};  // by size
constexpr uint32_t kFirstSurrogate = 0xd800;
constexpr uint32_t kLastSurrogate = 0xdfff;
constexpr uint32_t kLargest = 0x10ffff;

// How many bytes the character at the start of text has; 0: it is none that may be shown.
size_t character_size(std::string_view text) {
  if (is_ascii(text.front())) return is_control(text.front()) ? 0 : 1;
  const auto lead = static_cast<unsigned char>(text.front());
  size_t size = 0;
  if ((lead & 0xe0) == 0xc0) size = 2;
  if ((lead & 0xf0) == 0xe0) size = 3;
  if ((lead & 0xf8) == 0xf0) size = 4;
  if (size == 0 || size > text.size()) return 0;
  uint32_t code = lead & (0x7fU >> size);
  for (const char c : text.substr(1, size - 1)) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte & 0x3fU);
  }
  const bool surrogate = code >= kFirstSurrogate && code <= kLastSurrogate;
  return code < kSmallest[size] || code > kLargest || surrogate ? 0 : size;
}

}  // namespace

size_t bad_text_at(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t size = character_size(text.substr(at));
    if (size == 0) return at;
    at += size;
  }
  return std::string_view::npos;
}

}  // namespace repolock::core
