// repo_name.h - two spellings of one repository are one lock, two repositories are never one lock.
//
//   owner/name                   git@github.com:owner/name, https://github.com/Owner/name/
//   gitlab.com/group/sub/name    gitlab.com/group/sub/name, ssh://git@gitlab.com/Group/sub/name/
//   gitea:3000/owner/name        http://gitea:3000/owner/name
//   gitea./owner/name            http://gitea/owner/name
//
// What is dropped: the scheme, user and password, the scheme's own port, slashes at the end, one
// ".git", and the default host. A host that is not the default one stays, with its port, as the
// first segment. Aliases of a host (www., an entry of ssh's config) are other hosts.
//
// What makes it unambiguous:
//  1 A path has 2 to 20 segments (groups of GitLab), whatever the host.
//  2 Without a scheme, a first segment with a dot in it, or "localhost", is a host if at least two
//    more follow: github.com/owner/name is owner/name, john.doe/name is a repository of john.doe.
//    If the default host has a repository john.doe/group/name, its host is kept in the name.
//  3 Without a scheme and a user, host:123/owner/name is a port; git@host:owner/name is scp's form,
//    and git@host:123/owner/name, which people and git read differently, is refused.
//  4 A segment is 1 to 100 of A-Z a-z 0-9 . _ - and the first one may begin with ~ (sourcehut).
//    Nothing is decoded or cut away: '%', a query, a fragment, "." and "..", a second ".git" and
//    the address of a page within a repository (/tree/main, /-/issues) are refused.
//  5 Letters A to Z are folded, unless case_sensitive; a host's always. Other letters are refused.
//
// A canonical name is its own canonical name. What is no repository, or has a better key (a number
// that survives renaming, a path, owner/name#ref), is for opaque: any bytes but NUL, as they are.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/status.h"

namespace repolock::core {

inline constexpr size_t kMaxRepoBytes = 512;

struct NameRules {
  bool case_sensitive = false;
  bool opaque = false;
  std::string default_host = "github.com";  // as canonical_host gives it
};

// kInvalid in one printable sentence.
Result<std::string> canonical_repo(std::string_view repo, const NameRules &rules);

}  // namespace repolock::core
