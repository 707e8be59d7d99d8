// foreign.h - structs that cross the plugin border may be older or newer than ours (plugin.h rule 5).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace repolock::testing {

// The sender's struct as one of ours: what it does not have is zero, what we do not know is left.
template <class T>
T read_struct(const void *sent) {
  T mine{};
  uint32_t size = 0;
  std::memcpy(&size, sent, sizeof size);
  std::memcpy(&mine, sent, std::min<size_t>(size, sizeof mine));
  mine.struct_size = sizeof mine;
  return mine;
}

template <class T>
std::vector<T> read_array(const T *sent, size_t count) {
  std::vector<T> mine;
  for (size_t i = 0; i < count; ++i) {
    const auto *bytes = reinterpret_cast<const unsigned char *>(sent);
    mine.push_back(read_struct<T>(bytes + i * sent->struct_size));
  }
  return mine;
}

// An array as a sender would have it whose structs are `padding` bytes longer than ours.
template <class T>
std::vector<unsigned char> padded_array(const std::vector<T> &structs, size_t padding) {
  const size_t step = sizeof(T) + padding;
  std::vector<unsigned char> bytes(structs.size() * step, 0xEE);
  for (size_t i = 0; i < structs.size(); ++i) {
    T one = structs[i];
    one.struct_size = static_cast<uint32_t>(step);
    std::memcpy(bytes.data() + i * step, &one, sizeof one);
  }
  return bytes;
}

}  // namespace repolock::testing
