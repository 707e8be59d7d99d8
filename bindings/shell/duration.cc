#include "duration.h"

#include <charconv>
#include <cmath>

namespace repolock::shell {
namespace {

constexpr int64_t kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour;
constexpr double kLongest = 10'000.0 * kDay;

std::optional<int64_t> unit_of(std::string_view suffix) {
  if (suffix == "ms") return 1;
  if (suffix.empty() || suffix == "s") return kSecond;
  if (suffix == "m") return kMinute;
  if (suffix == "h") return kHour;
  if (suffix == "d") return kDay;
  return std::nullopt;
}

}  // namespace

std::optional<int64_t> parse_duration(std::string_view text) {
  double number = 0;
  const char *end = text.data() + text.size();
  const auto [rest, error] =
      std::from_chars(text.data(), end, number, std::chars_format::fixed);  // in no locale
  if (error != std::errc() || !std::isfinite(number) || std::signbit(number)) return std::nullopt;
  const auto unit = unit_of(std::string_view(rest, static_cast<size_t>(end - rest)));
  if (!unit || number * static_cast<double>(*unit) > kLongest) return std::nullopt;
  return static_cast<int64_t>(std::ceil(number * static_cast<double>(*unit)));
}

std::string age_text(int64_t ms) {
  const auto two = [ms](int64_t large, const char *large_name, int64_t small, const char *name) {
    return std::to_string(ms / large) + large_name + " " + std::to_string(ms % large / small) +
           name;
  };
  if (ms < kMinute) return std::to_string(ms / kSecond) + "s";
  if (ms < kHour) return two(kMinute, "m", kSecond, "s");
  if (ms < kDay) return two(kHour, "h", kMinute, "m");
  return two(kDay, "d", kHour, "h");
}

std::string span_text(int64_t ms) {
  if (ms >= 10 * kSecond || ms % kSecond == 0) return age_text(ms);
  if (ms < kSecond) return std::to_string(ms) + "ms";
  return std::to_string(ms / kSecond) + "." + std::to_string(ms % kSecond / 100) + "s";
}

}  // namespace repolock::shell
