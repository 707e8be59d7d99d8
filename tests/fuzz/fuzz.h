// fuzz.h - what the fuzzers share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

// The name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(  // NOLINT(readability-identifier-naming)
    const uint8_t *data, size_t size);

namespace repolock::fuzz {

// A law that must hold for every input; where it does not, libFuzzer keeps the input.
inline void must(bool law, const char *words) {
  if (law) return;
  std::fprintf(stderr, "does not hold: %s\n", words);
  std::abort();
}

// What may stand in a message for people: printable, one line, in words.
inline bool is_sentence(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

inline std::string_view text_of(const uint8_t *data, size_t size) {
  return {reinterpret_cast<const char *>(data), size};
}

}  // namespace repolock::fuzz
