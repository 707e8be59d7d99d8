// option_table.h - every option there is: one table for the enum, the setter,
// repolock_config_describe and the README.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "core/status.h"
#include "core/time.h"

namespace repolock::core {

// TEXT(enumerator, key, kind, type, default, doc)
// TIME(enumerator, key, default, least, most, doc)
#define REPOLOCK_OPTIONS(TEXT, TIME)                                                              \
  TEXT(kBackend, "backend", kUrl, "url", "file:",                                                 \
       "Where the locks live: file: (this host, this user), file:///dir (this host, all who can " \
       "write there), memory: or memory:NAME (this process), "                                    \
       "redis://[user:password@]host[:port][/database], redis+unix:///path, "                     \
       "redis+quorum://host:port,unix:/path,... (several servers that decide together)")          \
  TIME(kTtl, "ttl_ms", 30000, 1, 86400000,                                                        \
       "How long a holder that is cut off blocks others; while it lives the library renews at a " \
       "third of it")                                                                             \
  TIME(kMaxTtl, "max_ttl_ms", 30000, 1, 86400000,                                                 \
       "The largest ttl that any request may ask for; the same for all clients of a backend")     \
  TIME(kWait, "wait_ms", 60000, -1, 31536000000,                                                  \
       "How long to wait for a lock: 0 does not wait, -1 waits for ever")                         \
  TIME(kMaxHold, "max_hold_ms", 0, 0, 31536000000,                                                \
       "A lease is renewed no longer than this, whatever its holder does; 0 is without end")      \
  TIME(kHeartbeat, "heartbeat_ms", 0, 0, 86400000,                                                \
       "Without repolock_client_heartbeat for so long nothing is renewed any more; 0 is off")     \
  TIME(kNodeTimeout, "node_timeout_ms", 2000, 1, 60000,                                           \
       "How long one answer of the backend may take before it counts as unavailable")             \
  TEXT(kRepoCase, "repo.case", kChoice, "fold|sensitive", "fold",                                 \
       "fold: Owner/Name is owner/name; sensitive: they are two repositories")                    \
  TEXT(kRepoForm, "repo.form", kChoice, "repository|opaque", "repository",                        \
       "repository: names and URLs of git repositories; opaque: any bytes, as they are")          \
  TEXT(kDefaultHost, "repo.default_host", kHost, "host", "github.com",                            \
       "The host of a plain owner/name")                                                          \
  TEXT(kHolder, "holder", kText, "text", "",                                                      \
       "What those who wait are told about a holder whose request names none")                    \
  TEXT(kPluginPath, "plugin.path", kPath, "path", "",                                             \
       "Backends from outside: one file, or the folder of librepolock_<scheme>.so for each "      \
       "scheme that is not built in; empty: none is loaded")                                      \
  TEXT(kMemoryFault, "memory.fault", kText, "text", "",                                           \
       "Faults on demand, for tests; only with the backend memory:")                              \
  TEXT(kRedisPrefix, "redis.prefix", kText, "text",                                               \
       "repolock:", "How the keys and channels in Redis begin; the same for all clients")         \
  TEXT(kRedisLockKey, "redis.lock_key", kText, "text", "",                                        \
       "To exclude other libraries too: the key of their lock, with {name} for the repository, "  \
       "as in lock:{name}; the same for all clients")                                             \
  TEXT(kRedisRestartGuard, "redis.restart_guard", kChoice, "auto|strict|off", "auto",             \
       "Who waits until all leases of before have ended: auto, a server that was restarted; "     \
       "strict, also one that is used for the first time; off, none")                             \
  TEXT(kRedisQuorum, "redis.quorum", kText, "number", "0",                                        \
       "How many servers of redis+quorum: have to agree; 0 is a majority")                        \
  TEXT(kRedisDurability, "redis.durability", kChoice, "none|aof_always", "none",                  \
       "aof_always: the server has appendfsync always, so that no restart has to be waited for")

enum class Option : uint8_t {
#define REPOLOCK_ENUMERATOR(enumerator, ...) enumerator,
  REPOLOCK_OPTIONS(REPOLOCK_ENUMERATOR, REPOLOCK_ENUMERATOR)
#undef REPOLOCK_ENUMERATOR
};

#define REPOLOCK_VALUE(enumerator, ...) Option::enumerator,
inline constexpr size_t kOptionCount =
    std::initializer_list<Option>{REPOLOCK_OPTIONS(REPOLOCK_VALUE, REPOLOCK_VALUE)}.size();
#undef REPOLOCK_VALUE

enum class OptionKind : uint8_t {
  kUrl,
  kTime,
  kChoice,
  kHost,
  kPath,
  kText,
};

// All texts end in NUL and live for ever.
struct OptionDoc {
  const char *key, *type, *deflt, *doc;
};

struct OptionRow {
  OptionDoc doc;
  OptionKind kind;
  Millis least, most;  // of a kTime
};

const OptionRow &row_of(Option option);

// The table from index 0 on; nullptr beyond its end.
const OptionDoc *describe(size_t index);

// kInvalid for an unknown key: names the key that was meant, or all of them.
Result<Option> find_option(std::string_view key);

}  // namespace repolock::core
