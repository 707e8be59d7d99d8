// option_value.h - what the options may be set to.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/option_table.h"
#include "core/status.h"
#include "core/time.h"

namespace repolock::core {

inline constexpr size_t kMaxTextBytes = 4096;

// A value in its one spelling; of a time the number too.
struct OptionValue {
  std::string text;
  Millis number = 0;
};

// kInvalid names what is allowed. Whether a backend's scheme is known is not asked here.
Result<OptionValue> read_value(Option option, std::string_view text);

// Also for the holder of a single request. nullopt: it may be shown to others, as one line.
std::optional<Failure> check_holder(std::string_view text);

}  // namespace repolock::core
