#include "backend/redis/options.h"

#include <algorithm>
#include <utility>

namespace repolock::backend::redis {

namespace {

constexpr size_t kLongestPrefix = 64;

Failure refuse(const std::string &key, const std::string &value, const std::string &why) {
  return {REPOLOCK_E_INVALID, key + " '" + value + "' " + why};
}

Fault set(Settings *settings, const std::string &key, const std::string &value) {
  if (key == "redis.restart_guard") {
    if (value == "auto")
      settings->restart_guard = RestartGuard::kAuto;
    else if (value == "strict")
      settings->restart_guard = RestartGuard::kStrict;
    else if (value == "off")
      settings->restart_guard = RestartGuard::kOff;
    else
      return refuse(key, value, "is none of auto, strict and off");
    return std::nullopt;
  }
  if (key == "redis.durability") {
    if (value != "none" && value != "aof_always")
      return refuse(key, value, "is neither none nor aof_always");
    settings->has_durable_writes = value == "aof_always";
    return std::nullopt;
  }
  if (key == "redis.prefix") {
    const bool is_odd = std::ranges::any_of(
        value, [](char c) { return c <= ' ' || c > '~' || c == '{' || c == '}'; });
    if (value.empty() || value.size() > kLongestPrefix || is_odd)
      return refuse(key, value,
                    "is no prefix of keys: use 1 to 64 letters without blanks and braces, such as "
                    "repolock:");
    settings->prefix = value;
    return std::nullopt;
  }
  return Failure{REPOLOCK_E_INVALID, "there is no option " + key +
                                         "; Redis has redis.restart_guard, redis.durability and "
                                         "redis.prefix"};
}

}  // namespace

Result<Settings> read_settings(const repolock_open_params_t &params) {
  Settings settings;
  auto address = parse_address(params.url);
  if (auto *failure = std::get_if<Failure>(&address)) return std::move(*failure);
  settings.address = std::move(std::get<Address>(address));
  settings.max_ttl_ms = params.max_ttl_ms;
  // A little earlier than the library, so that its answer is the one that names the server.
  settings.answer_ms = std::max<int64_t>(1, params.node_timeout_ms - params.node_timeout_ms / 10);
  for (size_t i = 0; i < params.option_count; ++i)
    if (Fault fault = set(&settings, params.keys[i], params.values[i])) return std::move(*fault);
  return settings;
}

}  // namespace repolock::backend::redis
