// info.h - what the server says of itself, as far as it matters to a lock.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backend/host/failure.h"

namespace repolock::backend::redis {

struct Info {
  std::string run_id;
  std::string version;
  bool is_replica = false;
  bool is_cluster = false;
  bool is_loading = false;
  int64_t max_memory = 0;  // 0: no limit
  std::string eviction;    // maxmemory-policy
  bool has_append_only = false;
  int64_t connected_replicas = 0;
};

// The text of INFO.
Info read_info(std::string_view text);

// Why no lock may live on such a server. server: its name.
Fault fault_of(const Info &info, const std::string &server);

}  // namespace repolock::backend::redis
