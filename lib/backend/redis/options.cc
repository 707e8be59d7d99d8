#include "backend/redis/options.h"

#include <algorithm>
#include <utility>

#include "backend/redis/record.h"

namespace repolock::backend::redis {

namespace {

constexpr size_t kLongestPrefix = 64;
constexpr int64_t kAnswerOfQuorumMs = 500;

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
    settings->keys.prefix = value;
    return std::nullopt;
  }
  if (key == "redis.lock_key") {
    settings->keys.lock_key = value;
    return std::nullopt;
  }
  return Failure{REPOLOCK_E_INVALID, "there is no option " + key +
                                         "; Redis has redis.restart_guard, redis.durability, "
                                         "redis.quorum, redis.prefix and redis.lock_key"};
}

// All clients have them in one order, whatever the order of the URL: gates and fingerprints rest on it.
Fault finish(Settings *settings, const std::string &quorum) {
  if (const std::string why = settings->keys.objection(); !why.empty())
    return refuse("redis.lock_key", settings->keys.lock_key, why);
  auto &servers = settings->address.servers;
  std::ranges::sort(servers, {}, &Endpoint::name);
  const size_t majority = servers.size() / 2 + 1;
  settings->quorum = majority;
  if (!settings->address.is_quorum || quorum == "0") return std::nullopt;
  const auto wanted = number_of(quorum);
  if (!wanted || *wanted < static_cast<int64_t>(majority) ||
      *wanted > static_cast<int64_t>(servers.size()))
    return refuse("redis.quorum", quorum,
                  "is none: of " + std::to_string(servers.size()) + " servers from " +
                      std::to_string(majority) + " to " + std::to_string(servers.size()) +
                      " can decide");
  settings->quorum = static_cast<size_t>(*wanted);
  return std::nullopt;
}

}  // namespace

std::string Settings::nodes_fingerprint() const {
  uint64_t hash = 14695981039346656037U;  // FNV-1a
  for (const Endpoint &server : address.servers)
    for (const char c : server.name() + ',')
      hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return std::to_string(address.servers.size()) + ':' + std::to_string(hash % 1'000'000'007);
}

Result<Settings> read_settings(const repolock_open_params_t &params) {
  Settings settings;
  auto address = parse_address(params.url);
  if (auto *failure = std::get_if<Failure>(&address)) return std::move(*failure);
  settings.address = std::move(std::get<Address>(address));
  settings.max_ttl_ms = params.max_ttl_ms;
  // A little earlier than the library, so that its answer is the one that names the server. One of a
  // quorum may be slow without slowing the others.
  settings.answer_ms = std::max<int64_t>(1, params.node_timeout_ms - params.node_timeout_ms / 10);
  if (settings.address.is_quorum)
    settings.answer_ms = std::min(
        {settings.answer_ms, kAnswerOfQuorumMs, std::max<int64_t>(1, params.max_ttl_ms / 20)});
  std::string quorum = "0";
  for (size_t i = 0; i < params.option_count; ++i)
    if (std::string(params.keys[i]) == "redis.quorum")
      quorum = params.values[i];
    else if (Fault fault = set(&settings, params.keys[i], params.values[i]))
      return std::move(*fault);
  if (Fault fault = finish(&settings, quorum)) return std::move(*fault);
  return settings;
}

}  // namespace repolock::backend::redis
