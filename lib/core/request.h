// request.h - how to acquire: as the caller said it, and as the engine carries it out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/status.h"
#include "core/time.h"

namespace repolock::core {

class Options;

inline constexpr size_t kMaxHolderBytes = 256;
inline constexpr size_t kMaxNames = 64;  // in one lease

// What the caller set; nothing is checked yet.
struct Request {
  std::optional<Millis> ttl, wait, max_hold;
  std::optional<std::string> holder;
  int32_t shared = 0;
  bool renew = true;
  std::vector<std::string> more_repos;
};

// Checked and complete.
struct Plan {
  std::vector<std::string> repos;   // canonical, sorted, each once: the order of locking
  std::vector<size_t> asked_order;  // for each name of the request, its index in repos
  Millis ttl = 0;
  Millis wait = 0;             // kForever: without end
  Millis max_hold = kForever;  // kForever: none
  bool shared = false;
  bool renew = true;
  std::string holder;
};

Result<Plan> make_plan(std::string_view repo, const Request &request, const Options &options);

// nullopt, or what is wrong with a ttl.
std::optional<Failure> check_ttl(Millis ttl, const Options &options);

}  // namespace repolock::core
