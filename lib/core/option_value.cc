#include "core/option_value.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/plain_text.h"
#include "core/quote.h"
#include "core/repo_address.h"
#include "core/request.h"
#include "core/url.h"

namespace repolock::core {
namespace {

Failure invalid(Option option, const std::string &value, const std::string &remedy) {
  return {Status::kInvalid, std::string(row_of(option).doc.key) + " " + value + " " + remedy};
}

Failure out_of_range(Option option, const std::string &value) {
  const OptionRow &row = row_of(option);
  const std::string forever = row.least < 0 ? " (-1: for ever)" : "";
  return invalid(option, value,
                 "is out of range: " + std::to_string(row.least) + " to " +
                     std::to_string(row.most) + " milliseconds" + forever);
}

Result<OptionValue> read_time(Option option, std::string_view text) {
  Millis number = 0;
  const char *text_end = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), text_end, number);
  if (end != text_end || error == std::errc::invalid_argument) {
    return invalid(option, quoted(text), "is not a whole number of milliseconds, such as 30000");
  }
  if (error != std::errc()) return out_of_range(option, quoted(text));
  const OptionRow &row = row_of(option);
  if (number < row.least || number > row.most) return out_of_range(option, std::to_string(number));
  return OptionValue{std::to_string(number), number};
}

// The type lists what may be chosen: "fold|sensitive".
Result<OptionValue> read_choice(Option option, std::string_view text) {
  const std::string_view choices = row_of(option).doc.type;
  for (size_t start = 0; start < choices.size();) {
    const size_t end = std::min(choices.find('|', start), choices.size());
    if (text == choices.substr(start, end - start)) return OptionValue{std::string(text)};
    start = end + 1;
  }
  return invalid(option, quoted(text), "is not one of " + std::string(choices));
}

Result<OptionValue> read_url(std::string_view text) {
  Result<Url> url = parse_url(text);
  if (Failure *failure = std::get_if<Failure>(&url)) return std::move(*failure);
  const auto &[scheme, rest] = std::get<Url>(url);
  return OptionValue{scheme + ":" + rest};
}

Result<OptionValue> read_host(Option option, std::string_view text) {
  Result<std::string> host = canonical_host(text);
  if (const Failure *failure = failure_of(host)) {
    return invalid(option, quoted(masked_url(text)), failure->message);
  }
  return OptionValue{std::get<std::string>(std::move(host))};
}

std::optional<Failure> check_path(Option option, std::string_view text) {
  if (text.empty() || text.front() == '/') return std::nullopt;
  return invalid(option, quoted(text), "is not absolute: write the path from / on");
}

std::optional<Failure> check_text(Option option, std::string_view text, size_t max_bytes) {
  if (text.size() > max_bytes) {
    return invalid(option, quoted(text),
                   "is too long: at most " + std::to_string(max_bytes) + " bytes");
  }
  if (const size_t at = bad_text_at(text); at != std::string_view::npos) {
    return invalid(option, quoted(text),
                   "has a control character or broken UTF-8 at byte " + std::to_string(at) +
                       ": write one line of UTF-8");
  }
  return std::nullopt;
}

}  // namespace

Result<OptionValue> read_value(Option option, std::string_view text) {
  switch (row_of(option).kind) {
    case OptionKind::kTime:
      return read_time(option, text);
    case OptionKind::kChoice:
      return read_choice(option, text);
    case OptionKind::kUrl:
      return read_url(text);
    case OptionKind::kHost:
      return read_host(option, text);
    case OptionKind::kPath:
    case OptionKind::kText:
      break;
  }
  std::optional<Failure> failure =
      option == Option::kHolder ? check_holder(text) : check_text(option, text, kMaxTextBytes);
  if (!failure && row_of(option).kind == OptionKind::kPath) failure = check_path(option, text);
  if (failure) return *std::move(failure);
  return OptionValue{std::string(text)};
}

std::optional<Failure> check_holder(std::string_view text) {
  return check_text(Option::kHolder, text, kMaxHolderBytes);
}

}  // namespace repolock::core
