// said.h - the commands in what clients have said to a server.
#pragma once

#include <cstdlib>
#include <string>
#include <vector>

namespace repolock::testing {

using Words = std::vector<std::string>;

// Those that run a script on that key; the last one may be cut.
inline std::vector<Words> scripts_on(const std::string &key, const std::string &said) {
  std::vector<Words> found;
  size_t at = 0;
  const auto number = [&](char kind) -> size_t {
    if (at >= said.size() || said[at] != kind) return 0;
    const size_t end = said.find("\r\n", at);
    const size_t value = std::strtoul(said.c_str() + at + 1, nullptr, 10);
    at = end == std::string::npos ? said.size() : end + 2;
    return value;
  };
  while (at < said.size()) {
    const size_t count = number('*');
    if (count == 0) break;
    Words words;
    bool has_key = false;
    for (size_t i = 0; i < count && at < said.size(); ++i) {
      const size_t size = number('$');
      words.push_back(said.substr(at, size));
      has_key = has_key || words.back() == key;
      at += size + 2;
    }
    if (has_key && words.size() == count && words.front().starts_with("EVAL"))
      found.push_back(std::move(words));
  }
  return found;
}

}  // namespace repolock::testing
