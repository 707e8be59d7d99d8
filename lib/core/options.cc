#include "core/options.h"

#include <algorithm>
#include <utility>

#include "core/ascii.h"
#include "core/quote.h"
#include "core/url.h"

namespace repolock::core {
namespace {

constexpr size_t kMaxKeyBytes = 64;

constexpr Option option_at(size_t index) {
  return static_cast<Option>(index);
}

std::string_view scheme_of(std::string_view url) {
  return url.substr(0, url.find(':'));
}

// "redis" of "redis+unix".
std::string_view family_of(std::string_view scheme) {
  return scheme.substr(0, scheme.find('+'));
}

// "memory" of "memory.fault".
std::string_view prefix_of(std::string_view key) {
  const size_t dot = key.find('.');
  return dot == std::string_view::npos ? "" : key.substr(0, dot);
}

// The backend whose option it is; "" where it is the library's own.
std::string_view owner_of(Option option) {
  const std::string_view prefix = prefix_of(row_of(option).doc.key);
  return prefix == "repo" || prefix == "plugin" ? "" : prefix;
}

std::string join(std::span<const std::string_view> words) {
  std::string list;
  for (const std::string_view word : words) list += (list.empty() ? "" : ", ") + std::string(word);
  return list;
}

}  // namespace

Options::Options(std::span<const std::string_view> known_schemes) : known_schemes_(known_schemes) {
  for (size_t i = 0; i < kOptionCount; ++i) {
    auto value = read_value(option_at(i), row_of(option_at(i)).doc.deflt);
    if (auto *good = std::get_if<OptionValue>(&value)) settings_[i].value = std::move(*good);
  }
}

bool Options::is_of_a_plugin(std::string_view key) const {
  const auto allowed = [](char c) { return is_alnum(c) || c == '.' || c == '_' || c == '-'; };
  const std::string_view owner = prefix_of(key);
  if (owner.empty() || !is_alpha(owner.front()) || owner.size() + 1 == key.size() ||
      key.size() > kMaxKeyBytes || !std::all_of(key.begin(), key.end(), allowed))
    return false;
  for (size_t i = 0; i < kOptionCount; ++i)
    if (prefix_of(row_of(option_at(i)).doc.key) == owner) return false;
  return std::none_of(known_schemes_.begin(), known_schemes_.end(),
                      [owner](std::string_view scheme) { return family_of(scheme) == owner; });
}

std::optional<Failure> Options::set(std::string_view key, std::string_view value) {
  if (is_of_a_plugin(key)) {
    if (value.size() > kMaxTextBytes)
      return Failure{Status::kInvalid, std::string(key) + " " + quoted(value) +
                                           " is too long: at most " +
                                           std::to_string(kMaxTextBytes) + " bytes"};
    of_plugins_.insert_or_assign(std::string(key), std::string(value));
    return std::nullopt;
  }
  const Result<Option> found = find_option(key);
  if (const Failure *failure = failure_of(found)) return *failure;
  const Option option = std::get<Option>(found);
  Result<OptionValue> read = read_value(option, value);
  if (Failure *failure = std::get_if<Failure>(&read)) return std::move(*failure);
  settings_[static_cast<size_t>(option)] = {std::get<OptionValue>(std::move(read)), true};
  return std::nullopt;
}

std::optional<Failure> Options::check() const {
  if (ttl() > max_ttl()) {
    return Failure{Status::kInvalid, "ttl_ms " + text(Option::kTtl) + " is more than max_ttl_ms " +
                                         text(Option::kMaxTtl) +
                                         ": lower the one or raise the other"};
  }
  if (!is_built_in() && plugin_path().empty()) {
    return Failure{Status::kUnsupported, "backend " + quoted(masked_url(backend())) +
                                             " has a scheme that this version does not know: use " +
                                             join(known_schemes_) +
                                             ", or set plugin.path to where its plugin is"};
  }
  for (const auto &[key, value] : of_plugins_) {
    if (prefix_of(key) == family_of(backend_scheme())) continue;
    const Result<Option> meant =
        find_option(key);  // there is none, but the sentence has the nearest
    return *failure_of(meant);
  }
  for (size_t i = 0; i < kOptionCount; ++i) {
    const std::string_view owner = owner_of(option_at(i));
    if (settings_[i].given && !owner.empty() && owner != family_of(backend_scheme())) {
      return Failure{Status::kInvalid, std::string(row_of(option_at(i)).doc.key) +
                                           " does nothing with the backend " +
                                           quoted(masked_url(backend())) +
                                           ": leave it out, or use " + std::string(owner) + ":"};
    }
  }
  return std::nullopt;
}

std::string_view Options::backend_scheme() const {
  return scheme_of(backend());
}

bool Options::is_built_in() const {
  return std::find(known_schemes_.begin(), known_schemes_.end(), backend_scheme()) !=
         known_schemes_.end();
}

std::vector<BackendOption> Options::backend_options() const {
  std::vector<BackendOption> options;
  for (size_t i = 0; i < kOptionCount; ++i) {
    if (settings_[i].given && owner_of(option_at(i)) == family_of(backend_scheme())) {
      options.push_back({row_of(option_at(i)).doc.key, settings_[i].value.text.c_str()});
    }
  }
  for (const auto &[key, value] : of_plugins_)
    if (prefix_of(key) == family_of(backend_scheme()))
      options.push_back({key.c_str(), value.c_str()});
  return options;
}

Millis Options::wait() const {
  const Millis wait = number(Option::kWait);
  return wait < 0 ? kForever : wait;
}

Millis Options::max_hold() const {
  const Millis max_hold = number(Option::kMaxHold);
  return max_hold == 0 ? kForever : max_hold;
}

Millis Options::heartbeat() const {
  const Millis heartbeat = number(Option::kHeartbeat);
  return heartbeat == 0 ? kForever : heartbeat;
}

NameRules Options::name_rules() const {
  return {text(Option::kRepoCase) == "sensitive", text(Option::kRepoForm) == "opaque",
          text(Option::kDefaultHost)};
}

}  // namespace repolock::core
