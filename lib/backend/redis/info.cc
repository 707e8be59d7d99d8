#include "backend/redis/info.h"

#include <functional>
#include <map>

#include "backend/redis/record.h"

namespace repolock::backend::redis {

Info read_info(std::string_view text) {
  std::map<std::string_view, std::string_view, std::less<>> fields;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const size_t colon = line.find(':');
    if (colon != std::string_view::npos) fields[line.substr(0, colon)] = line.substr(colon + 1);
  }
  const auto field = [&](std::string_view name) -> std::string {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string() : std::string(found->second);
  };
  const auto number = [&](std::string_view name) { return number_of(field(name)).value_or(0); };
  Info info;
  info.run_id = field("run_id");
  info.version = field("redis_version");
  info.is_replica = field("role") == "slave";
  info.is_cluster = number("cluster_enabled") == 1 || field("redis_mode") == "cluster";
  info.is_loading = number("loading") == 1;
  info.max_memory = number("maxmemory");
  info.eviction = field("maxmemory_policy");
  info.has_append_only = number("aof_enabled") == 1;
  info.connected_replicas = number("connected_slaves");
  return info;
}

Fault fault_of(const Info &info, const std::string &server) {
  if (info.run_id.empty() || info.run_id.find(' ') != std::string::npos)
    return Failure{REPOLOCK_E_MISCONFIGURED,
                   server +
                       " tells no run_id in INFO, so that nobody can see when it was restarted; "
                       "use a Redis server without a proxy, or redis.restart_guard=off"};
  if (info.is_cluster)
    return Failure{REPOLOCK_E_MISCONFIGURED,
                   server +
                       " is a member of a Redis Cluster, where a failover forgets locks; use a "
                       "server of its own, or several with redis+quorum:"};
  if (info.is_replica)
    return Failure{REPOLOCK_E_MISCONFIGURED,
                   server + " is a replica; give the address of the server that takes writes"};
  if (info.is_loading)
    return Failure{REPOLOCK_E_UNAVAILABLE,
                   server + " is loading its data; it serves when it is done"};
  if (info.max_memory > 0 && !info.eviction.empty() && info.eviction != "noeviction")
    return Failure{REPOLOCK_E_MISCONFIGURED,
                   server + " evicts keys when its memory is full (maxmemory-policy " +
                       info.eviction + "), locks too; set maxmemory-policy noeviction"};
  return std::nullopt;
}

}  // namespace repolock::backend::redis
