// script.h - the scripts of scripts/, each with its parts in place, and its SHA1.
#pragma once

#include <string_view>

namespace repolock::backend::redis {

struct Script {
  const char *name;
  const char *sha1;  // 40 hex digits
  std::string_view text;
};

namespace script {

extern const Script kAcq, kBeat, kBreak, kCheck, kGuard, kHold, kInspect, kRel, kRights, kShare;

}  // namespace script

}  // namespace repolock::backend::redis
