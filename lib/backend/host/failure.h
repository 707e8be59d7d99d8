// failure.h - why something could not be done: a status, and a sentence with the remedy.
#pragma once

#include <repolock/plugin.h>

#include <optional>
#include <string>
#include <variant>

namespace repolock::backend {

struct Failure {
  repolock_status_t status = REPOLOCK_E_INTERNAL;
  std::string message;
};

// What was asked for, or why not.
template <class T>
using Result = std::variant<T, Failure>;

// Nothing: it went well.
using Fault = std::optional<Failure>;

// "E_DENIED"; constant text.
const char *status_word(repolock_status_t status);

}  // namespace repolock::backend
