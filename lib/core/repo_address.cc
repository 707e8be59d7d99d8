#include "core/repo_address.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "core/ascii.h"

namespace repolock::core {
namespace {

constexpr size_t kNone = std::string_view::npos;
constexpr size_t kMaxHostBytes = 100;
constexpr int kMaxPort = 65535;

struct Scheme {
  std::string_view name;
  int default_port;
};

constexpr std::array<Scheme, 8> kSchemes = {{{"https", 443},
                                             {"ssh", 22},
                                             {"http", 80},
                                             {"git", 9418},
                                             {"git+ssh", 22},
                                             {"ssh+git", 22},
                                             {"git+https", 443},
                                             {"git+http", 80}}};

const Scheme *find_scheme(std::string_view name) {
  for (const Scheme &scheme : kSchemes) {
    if (scheme.name == name) return &scheme;
  }
  return nullptr;
}

Failure refuse(std::string reason) {
  return {Status::kInvalid, std::move(reason)};
}

std::string_view without_end_slashes(std::string_view path) {
  return path.substr(0, path.find_last_not_of('/') + 1);
}

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

// 0: not a port.
int port_of(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && is_number(text) && port <= kMaxPort ? port : 0;
}

bool is_host_name(std::string_view host) {
  const auto allowed = [](char c) { return is_alnum(c) || c == '.' || c == '-' || c == '_'; };
  return !host.empty() && host.size() <= kMaxHostBytes && is_alnum(host.front()) &&
         host.back() != '.' && host.back() != '-' && host.find("..") == kNone &&
         std::all_of(host.begin(), host.end(), allowed);
}

Result<RepoAddress> address(std::string_view host, int default_port, std::string_view path) {
  Result<std::string> canonical = canonical_host(host, default_port);
  if (const Failure *failure = failure_of(canonical)) return *failure;
  return RepoAddress{std::get<std::string>(std::move(canonical)), without_end_slashes(path)};
}

Result<RepoAddress> split_url(std::string_view scheme_text, std::string_view rest) {
  const std::string name = lower_case(scheme_text);
  if (name == "file") return refuse("is a path: set repo.form=opaque to lock by paths");
  const Scheme *scheme = find_scheme(name);
  if (scheme == nullptr) {
    return refuse("has an unknown scheme: use https, http, ssh, git, or write owner/name");
  }
  const size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  std::string_view host = rest.substr(0, end);
  host.remove_prefix(host.rfind('@') + 1);  // user and password; npos + 1 is 0
  if (rest.substr(end, 1) == "/") return address(host, scheme->default_port, rest.substr(end + 1));
  return address(host, scheme->default_port, rest.substr(end));
}

// user@host:path, where user@ may be missing.
Result<RepoAddress> split_scp(std::string_view text, size_t colon) {
  std::string_view path = without_end_slashes(text.substr(colon + 1));
  const size_t at = text.substr(0, colon).rfind('@');
  const std::string_view host = text.substr(at + 1, colon - at - 1);
  const std::string_view first = path.substr(0, path.find('/'));
  if (is_number(first) && std::count(path.begin(), path.end(), '/') >= 2) {
    const size_t port_end = colon + 1 + first.size();
    if (at == kNone) return address(text.substr(0, port_end), 0, text.substr(port_end + 1));
    // git reads a group here, and most people who write it mean a port.
    return refuse(
        "may mean a port or a group: write ssh://host:port/owner/name for a port, "
        "https://host/group/owner/name for a group");
  }
  if (at == kNone && !looks_like_host(host)) {
    return refuse("begins with a shortcut or an alias: write owner/name, or the whole URL");
  }
  if (path.substr(0, 1) == "/") path.remove_prefix(1);
  return address(host, 0, path);
}

}  // namespace

Result<RepoAddress> split_address(std::string_view repo) {
  if (const size_t end = repo.find("://"); end != kNone) {
    return split_url(repo.substr(0, end), repo.substr(end + 3));
  }
  const size_t slash = repo.find('/');
  if (const size_t colon = repo.find(':'); colon < slash) return split_scp(repo, colon);
  const std::string_view path = without_end_slashes(repo);
  const bool three = std::count(path.begin(), path.end(), '/') >= 2;
  if (three && looks_like_host(repo.substr(0, slash))) {
    return address(repo.substr(0, slash), 0, repo.substr(slash + 1));
  }
  return RepoAddress{"", path};
}

bool looks_like_host(std::string_view segment) {
  if (segment.empty() || !is_alnum(segment.front())) return false;
  return segment.find('.') != kNone || lower_case(segment) == "localhost";
}

Result<std::string> canonical_host(std::string_view host, int default_port) {
  if (host.find('[') != kNone) {
    return refuse("has an address in brackets, which has many spellings: name the host");
  }
  const size_t colon = std::min(host.find(':'), host.size());
  const std::string_view port_text = host.substr(std::min(colon + 1, host.size()));
  std::string name = lower_case(host.substr(0, colon));
  if (!name.empty() && name.back() == '.') name.pop_back();
  if (!is_host_name(name)) {
    return refuse("has no good host: a host is 1 to " + std::to_string(kMaxHostBytes) +
                  " of a-z 0-9 . _ - (xn-- for other letters)");
  }
  if (!port_text.empty()) {
    const int port = port_of(port_text);
    if (port == 0) {
      return refuse("has no good port: a port is 1 to " + std::to_string(kMaxPort) +
                    ", and a / follows it");
    }
    if (port != default_port) return name + ":" + std::to_string(port);
  }
  return looks_like_host(name) ? name : name + ".";
}

}  // namespace repolock::core
