// console.h - what `repolock` says: answers on stdout, everything else on stderr, there each text in
// one write, so that lines of several processes do not mix.
#pragma once

#include <string_view>

#include "json.h"

namespace repolock::shell {

// An answer: all of it, or it throws, for a full disk must not look like an empty list.
void print(std::string_view text);

// "repolock: text"; a text of several lines keeps them.
void tell(std::string_view text);
void tell_json(const JsonObject &object);

// One or the other.
void tell_event(bool json, std::string_view event, std::string_view text);

// As it is. What cannot be written is lost: a command is not stopped by a closed stderr.
void tell_raw(std::string_view text);

}  // namespace repolock::shell
