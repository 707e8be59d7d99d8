#include "backend/redis/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>

#include "backend/redis/address.h"

namespace repolock::backend::redis {

namespace {

constexpr size_t kMostBytes = 253;  // DNS

bool may_be_in_host(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

}  // namespace

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::optional<std::string> canonical_host(std::string_view host) {
  std::string out(host.substr(0, host.size() - (host.ends_with('.') ? 1 : 0)));
  std::ranges::transform(out, out.begin(), lower);
  if (out.empty() || out.size() > kMostBytes || !std::ranges::all_of(out, may_be_in_host) ||
      out.starts_with('-') || out.starts_with('.') || out.find("..") != std::string::npos)
    return std::nullopt;
  return out;
}

std::optional<std::string> canonical_ipv6(std::string_view address) {
  in6_addr bits;
  char text[INET6_ADDRSTRLEN];
  if (inet_pton(AF_INET6, std::string(address).c_str(), &bits) != 1 ||
      inet_ntop(AF_INET6, &bits, text, sizeof text) == nullptr)
    return std::nullopt;
  return text;
}

std::string Endpoint::name() const {
  if (!path.empty()) return "unix:" + path;
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace repolock::backend::redis
