// duration.h - lengths of time as people write and read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace repolock::shell {

// "10" and "0.5" are seconds; also "250ms", "30s", "5m", "1.5h", "2d". In milliseconds, rounded up, so
// that a short wait never becomes none. Nothing: not a length of time, or longer than 10,000 days.
std::optional<int64_t> parse_duration(std::string_view text);

// How long ago: "12s", "3m 5s", "2h 4m", "3d 5h".
std::string age_text(int64_t ms);

// How long to come: "250ms", "1.5s", "12s", "3m 5s".
std::string span_text(int64_t ms);

}  // namespace repolock::shell
