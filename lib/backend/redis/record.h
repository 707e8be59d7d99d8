// record.h - leases as they are written in Redis: README.md has the formats.
#pragma once

#include <repolock/plugin.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace repolock::backend::redis {

// Takes the next word off a line; words stand one blank apart.
std::string_view take_word(std::string_view *line);
// Decimal; nothing where it is no number of ours.
std::optional<int64_t> number_of(std::string_view text);
// 32 hex digits, as node-redlock and redis-py write them too.
bool is_lease_id(std::string_view text);

// "<host> <boot id> <pid> <pid start> <job text>"
struct Owner {
  std::string host, boot_id;
  int64_t pid = -1, pid_start = -1;
  std::string holder;
};

std::string owner_record(const repolock_owner_t &owner);

// "<lease id>:<att> <since> <channel> <owner record>": of L, and of INSPECT's rows.
struct LeaseRecord {
  std::string lease_id;
  int64_t att = 0;
  int64_t since = 0;  // by the server's clock
  std::string channel;
  Owner owner;
};

// Nothing: it is not in our format, so it is another library's lock.
std::optional<LeaseRecord> read_lease_record(std::string_view text);

// "<seen> <att> <x or s> <px> <last> <since> <channel> <owner record>": of a shared lease.
std::optional<LeaseRecord> read_waiter_record(std::string_view id_and_att, std::string_view text);

// "<fence><state><previous>"
struct FenceRecord {
  uint64_t fence = 0;
  char state = 'o';
  int32_t previous = REPOLOCK_PREVIOUS_NONE;
};
std::optional<FenceRecord> read_fence_record(std::string_view text);

}  // namespace repolock::backend::redis
