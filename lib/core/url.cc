#include "core/url.h"

#include <algorithm>

#include "core/ascii.h"
#include "core/quote.h"

namespace repolock::core {
namespace {

bool is_scheme(std::string_view text) {
  const auto allowed = [](char c) { return is_alnum(c) || c == '+' || c == '-' || c == '.'; };
  return !text.empty() && is_alpha(text.front()) && std::all_of(text.begin(), text.end(), allowed);
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  const auto refuse = [text](const std::string &reason) {
    return Failure{Status::kInvalid, "backend " + quoted(masked_url(text)) + " " + reason};
  };
  if (text.size() > kMaxUrlBytes) {
    return refuse("is too long: a URL has at most " + std::to_string(kMaxUrlBytes) + " bytes");
  }
  if (std::any_of(text.begin(), text.end(), is_control)) {
    return refuse("has a control byte: leave it out");
  }
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || !is_scheme(text.substr(0, colon))) {
    return refuse("does not begin with a scheme: write a URL such as file: or file:///srv/locks");
  }
  return Url{lower_case(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

std::string masked_url(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::string(text);
  const size_t start = std::min(text.find_first_not_of('/', colon + 1), text.size());
  const std::string head(text.substr(0, start));
  const std::string_view rest = text.substr(start);
  // The last '@' ends the password, which may hold an '@', a '/' and a '?' of its own; but a query
  // may hold them too, and then nobody knows where the secret is.
  const size_t at = rest.rfind('@');
  const size_t query = rest.find('?');
  if (at != std::string_view::npos && query < at) return head + "***";
  const std::string_view shown = rest.substr(0, query);
  return head +
         (at == std::string_view::npos ? std::string(shown)
                                       : "***" + std::string(shown.substr(at))) +
         (query == std::string_view::npos ? "" : "?***");
}

}  // namespace repolock::core
