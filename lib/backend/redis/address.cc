#include "backend/redis/address.h"

#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "backend/host/percent.h"
#include "backend/host/plain_text.h"
#include "backend/redis/endpoint.h"

namespace repolock::backend::redis {

namespace {

constexpr size_t kNone = std::string_view::npos;
constexpr size_t kMostMembers = 31;
constexpr int64_t kMostDatabase = 1'000'000;
constexpr size_t kMostShown = 120;  // of the URL: the reason must fit beside it

std::string shown(std::string_view text) {
  return "'" + plain_text(text, kMostShown) + "'";
}

// A URL that is taken apart from both ends, and its refusals. People write a password with / or @ in
// it as it is, so up to the last @ all may be secret, wherever a parser thinks that user info ends.
class Reading {
 public:
  explicit Reading(std::string_view url) : url_(url) {
    const size_t at = url.rfind('@');
    secret_end_ = at == kNone ? 0 : at + 1;
  }

  Result<Address> read();

 private:
  Failure refuse(const std::string &why) const;
  std::string quote(std::string_view piece) const;
  Fault read_query(std::string_view *rest);
  Fault read_database(std::string_view digits);
  Fault read_user(std::string_view *rest);
  Fault read_server(std::string_view rest);
  Fault read_path(std::string_view text);
  Fault read_quorum(std::string_view rest);
  Fault read_member(std::string_view text);
  Fault read_host(std::string_view text);

  std::string_view url_;
  size_t secret_end_ = 0;
  Address address_;
  bool has_database_ = false;
};

Failure Reading::refuse(const std::string &why) const {
  std::string masked(url_.substr(secret_end_));
  if (secret_end_ > 0) {
    const size_t start = url_.find("://");
    const bool has_scheme = start != kNone && start < secret_end_;
    masked.insert(0, (has_scheme ? std::string(url_.substr(0, start + 3)) : "") + "***@");
  }
  return {REPOLOCK_E_INVALID, "the backend URL " + shown(masked) + " " + why};
}

// piece: of the URL.
std::string Reading::quote(std::string_view piece) const {
  const auto begin = static_cast<size_t>(piece.data() - url_.data());
  return begin < secret_end_ ? "'***'" : shown(piece);
}

Result<Address> Reading::read() {
  const size_t colon = url_.find(':');
  std::string scheme(url_.substr(0, colon == kNone ? 0 : colon));
  std::ranges::transform(scheme, scheme.begin(), lower);
  if (scheme.starts_with("rediss"))
    return refuse(
        "asks for TLS, which comes in a later version; until then write redis:// and keep "
        "the way to the server private");
  const bool is_unix = scheme == "redis+unix";
  address_.is_quorum = scheme == "redis+quorum";
  if (scheme != "redis" && !is_unix && !address_.is_quorum)
    return refuse("is not of this backend; write redis://host:6379");
  std::string_view rest = url_.substr(colon + 1);
  if (!rest.starts_with("//"))
    return refuse("has no // behind " + scheme + ":; write " + scheme + "://...");
  rest.remove_prefix(2);
  if (rest.find('#') != kNone) return refuse("has a # in it; write %23 in a password or path");

  auto fault = read_query(&rest);
  if (!fault) fault = read_user(&rest);
  if (!fault)
    fault = is_unix ? read_path(rest) : address_.is_quorum ? read_quorum(rest) : read_server(rest);
  if (fault) return *fault;
  return std::move(address_);
}

Fault Reading::read_query(std::string_view *rest) {
  const size_t mark = rest->find('?');
  if (mark == kNone) return std::nullopt;
  const std::string_view query = rest->substr(mark + 1);
  rest->remove_suffix(query.size() + 1);
  constexpr std::string_view kKey = "db=";
  if (!query.starts_with(kKey))
    return refuse("has a ? that ?db=number does not follow; write %3F in a password or path");
  return read_database(query.substr(kKey.size()));
}

Fault Reading::read_database(std::string_view digits) {
  if (has_database_) return refuse("names the database twice; write /0 or ?db=0, not both");
  has_database_ = true;
  const char *end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, address_.database);
  if (digits.starts_with('-') || error != std::errc() || stop != end ||
      address_.database > kMostDatabase)
    return refuse("has the database " + quote(digits) + "; write a number from 0 to " +
                  std::to_string(kMostDatabase));
  return std::nullopt;
}

Fault Reading::read_user(std::string_view *rest) {
  const std::string_view authority = rest->substr(0, rest->find('/'));
  const size_t at = authority.rfind('@');
  if (at == kNone) return std::nullopt;
  rest->remove_prefix(at + 1);
  const std::string_view info = authority.substr(0, at);
  const size_t colon = info.find(':');
  if (colon == kNone)
    return refuse("has a name and no password before the @; write :password@ or user:password@");
  auto user = decode_percent(info.substr(0, colon));
  auto password = decode_percent(info.substr(colon + 1));
  if (!user || !password)
    return refuse("has a % without two hex digits in the password; write %25 for a percent sign");
  address_.user = std::move(*user);
  address_.password = std::move(*password);
  return std::nullopt;
}

Fault Reading::read_server(std::string_view rest) {
  const size_t slash = rest.find('/');
  if (rest.find('@') != kNone)
    return refuse("has an @ behind a /; write %2F for a / in a password");
  if (slash != kNone && slash + 1 < rest.size()) {
    if (auto fault = read_database(rest.substr(slash + 1))) return fault;
  }
  return read_host(rest.substr(0, slash));
}

Fault Reading::read_path(std::string_view text) {
  if (!text.starts_with('/'))
    return refuse("names no absolute path of a socket; write redis+unix:///run/redis.sock");
  auto path = decode_percent(text);
  if (!path)
    return refuse("has a % without two hex digits behind it; write %25 for a percent sign");
  if (path->size() >= sizeof(sockaddr_un::sun_path))
    return refuse("names a socket of " + std::to_string(path->size()) +
                  " bytes; the path of a unix socket has at most " +
                  std::to_string(sizeof(sockaddr_un::sun_path) - 1));
  if (path->ends_with('/')) return refuse("names a directory; name the socket in it");
  address_.servers.push_back({"", 0, std::move(*path)});
  return std::nullopt;
}

Fault Reading::read_quorum(std::string_view rest) {
  for (bool is_last = false; !is_last;) {
    const size_t comma = rest.find(',');
    is_last = comma == kNone;
    if (address_.servers.size() == kMostMembers)
      return refuse("has more than " + std::to_string(kMostMembers) +
                    " members; name that many at most, 3 or 5 are usual");
    const std::string_view member = rest.substr(0, comma);
    if (auto fault = read_member(member)) return fault;
    rest.remove_prefix(is_last ? rest.size() : comma + 1);
    const std::string name = address_.servers.back().name();
    const auto is_same = [&](const Endpoint &other) { return other.name() == name; };
    if (std::ranges::count_if(address_.servers, is_same) > 1)
      return refuse("names the member " + quote(member) +
                    " twice; each must be a server of its own");
  }
  return std::nullopt;
}

Fault Reading::read_member(std::string_view text) {
  constexpr std::string_view kUnix = "unix:";
  if (text.starts_with(kUnix)) {
    const std::string_view path = text.substr(kUnix.size());
    if (!path.starts_with('/'))
      return refuse("has the member " + quote(text) + "; write unix:/path");
    return read_path(path);
  }
  if (text.starts_with("rediss:"))
    return refuse("asks for TLS, which comes in a later version; write the member as host:6379");
  if (text.empty())
    return refuse("has a member without a name; write redis+quorum://host:6379,host:6379");
  if (text.find('/') != kNone)
    return refuse("has the member " + quote(text) +
                  "; write host:6379 or unix:/path, and ?db=number at the end");
  return read_host(text);
}

Fault Reading::read_host(std::string_view text) {
  if (text.starts_with(':') || text.empty())
    return refuse("names no host; write localhost for this one");
  std::string_view host = text, port;
  const bool has_brackets = text.starts_with('[');
  if (has_brackets) {
    const size_t end = text.find(']');
    host = end == kNone ? text : text.substr(1, end - 1);
    port = end == kNone ? "" : text.substr(end + 1);
  } else if (const size_t colon = text.find(':'); colon != kNone) {
    host = text.substr(0, colon);
    port = text.substr(colon);
  }
  Endpoint server;
  if (!port.empty()) {
    const char *end = port.data() + port.size();
    const auto [stop, error] = std::from_chars(port.data() + 1, end, server.port);
    if (!port.starts_with(':') || error != std::errc() || stop != end || server.port == 0)
      return refuse("has the port " + quote(port.substr(port.starts_with(':') ? 1 : 0)) +
                    "; write a number from 1 to 65535, and brackets around an IPv6 address");
  }
  auto canonical = has_brackets ? canonical_ipv6(host) : canonical_host(host);
  if (!canonical)
    return refuse("has the host " + quote(host) + ", which is no " +
                  (has_brackets ? "IPv6 address; write one like [::1]"
                                : "name of a host; write it in letters, digits, - and ."));
  server.host = std::move(*canonical);
  address_.servers.push_back(std::move(server));
  return std::nullopt;
}

}  // namespace

Result<Address> parse_address(const std::string &url) {
  return Reading(url).read();
}

}  // namespace repolock::backend::redis
