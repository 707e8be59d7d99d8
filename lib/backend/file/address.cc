#include "backend/file/address.h"

#include <unistd.h>

#include <utility>

#include "backend/host/percent.h"

namespace repolock::backend::file {

namespace {

Failure refuse(const std::string &url, const char *why) {
  return {REPOLOCK_E_INVALID, "the backend URL '" + url + "' " + why};
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
  auto path = decode_percent(rest.substr(2));
  if (!path)
    return refuse(url, "has a % without two hex digits behind it; write %25 for a percent sign");
  while (path->size() > 1 && path->back() == '/') path->pop_back();
  return Address{std::move(*path), false};
}

}  // namespace repolock::backend::file
