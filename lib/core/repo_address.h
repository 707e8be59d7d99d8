// repo_address.h - takes apart the ways in which people write where a repository is:
//
//   https://host:8443/owner/name    also http, ssh, git, git+ssh, git+https
//   git@host:owner/name             the scp form
//   host/owner/name                 no scheme; the rules for hosts are those of docker's images
//   owner/name
#pragma once

#include <string>
#include <string_view>

#include "core/status.h"

namespace repolock::core {

struct RepoAddress {
  std::string host;       // as canonical_host gives it; "" where none was given
  std::string_view path;  // borrowed, not yet checked, without slashes at its end
};

// Here and below a Failure's message is only the reason: the caller puts the value before it, with
// what is secret in it hidden; so no reason quotes a part of the value.
Result<RepoAddress> split_address(std::string_view repo);

// A host is known by its looks where a name of three or more segments begins with it.
bool looks_like_host(std::string_view segment);

// Lower case, no dot at the end, and always such that it looks like a host, so that it stays one
// when it is read again: a host of one word, as company networks have them, gets the dot that DNS
// puts at the end of a full name: "gitea" is "gitea.". A port is kept if it is not default_port.
Result<std::string> canonical_host(std::string_view host, int default_port = 0);

}  // namespace repolock::core
