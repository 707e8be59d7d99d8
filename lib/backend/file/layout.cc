#include "backend/file/layout.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace repolock::backend::file {

namespace {

constexpr char kMagic[8] = {'r', 'e', 'p', 'o', 'l', 'o', 'c', 'k'};
constexpr uint32_t kVersion = 1;

// FNV-1a on words: against half a write, not against malice.
uint64_t checksum_of(Header header) {
  header.checksum = 0;
  uint64_t words[sizeof header / sizeof(uint64_t)];
  std::memcpy(words, &header, sizeof words);
  uint64_t sum = 0xcbf29ce484222325;
  for (const uint64_t word : words) sum = std::rotl((sum ^ word) * 0x100000001b3, 23);
  return sum;
}

bool is_zero(const Header &header) {
  static constexpr Header kZero{};
  return std::memcmp(&header, &kZero, sizeof header) == 0;
}

}  // namespace

int32_t Entry::outcome() const {
  if (broken != 0) return REPOLOCK_PREVIOUS_BROKEN;
  if (progress.state == State::kEnded) return progress.ended;
  return is_granted() ? REPOLOCK_PREVIOUS_CRASHED : REPOLOCK_PREVIOUS_NONE;
}

Header new_header() {
  Header header{};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.version = kVersion;
  return header;
}

bool is_newer(const Header &header, const Header &than) {
  return static_cast<int64_t>(header.sequence - than.sequence) > 0;
}

void seal(Header &header) {
  header.checksum = checksum_of(header);
}

Soundness soundness_of(const Header &header) {
  if (is_zero(header)) return Soundness::kEmpty;
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0) return Soundness::kForeign;
  if (header.version != kVersion) return Soundness::kForeign;
  const bool is_sound = header.checksum == checksum_of(header) && header.fence < header.first &&
                        header.base <= header.first && header.first <= header.next &&
                        header.next <= header.ceiling && header.ceiling <= kTicketEnd;
  return is_sound ? Soundness::kSound : Soundness::kDamaged;
}

void set_text(char *field, size_t size, std::string_view text) {
  size_t length = std::min(text.size(), size - 1);
  if (length < text.size())
    while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) --length;
  std::memcpy(field, text.data(), length);
  std::memset(field + length, 0, size - length);
}

}  // namespace repolock::backend::file
