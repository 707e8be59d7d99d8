#include "backend/file/address.h"

#include <unistd.h>

#include <cstdlib>

namespace repolock::backend::file {

namespace {

Failure refuse(const std::string &url, const char *why) {
  return {REPOLOCK_E_INVALID, "the backend URL '" + url + "' " + why};
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// false: a % that two hex digits do not follow, or %00.
bool decode(const std::string &text, std::string *out) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      *out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return false;
    const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return false;
    *out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return true;
}

}  // namespace

Result<Address> parse_address(const std::string &url) {
  const std::string scheme = "file:";
  if (url.compare(0, scheme.size(), scheme) != 0)
    return refuse(url, "is not of this backend; write file: or file:///dir");
  const std::string rest = url.substr(scheme.size());
  if (rest.empty()) return Address{"/var/tmp/repolock-" + std::to_string(geteuid()), true};
  if (rest.compare(0, 3, "///") != 0 || rest.compare(0, 4, "////") == 0)
    return refuse(url, "names no absolute directory; write file: or file:///dir");
  if (rest.find_first_of("?#") != std::string::npos)
    return refuse(url, "has a ? or # in it; write file:///dir alone, and %3F or %23 in a path");
  Address address;
  if (!decode(rest.substr(2), &address.path))
    return refuse(url, "has a % without two hex digits behind it; write %25 for a percent sign");
  while (address.path.size() > 1 && address.path.back() == '/') address.path.pop_back();
  return address;
}

}  // namespace repolock::backend::file
