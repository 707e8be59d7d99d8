#include "backend/memory/registry.h"

#include <algorithm>

#include "port/fork.h"

namespace repolock::backend::memory {

namespace {

struct Registry {
  int64_t made_in;      // process id
  Registry *inherited;  // the parent's, which a forked child leaves as it is
  std::map<std::string, std::shared_ptr<Store>, std::less<>> stores;
};

constinit port::ForkSafeMutex g_mutex;
// Never freed, on purpose: a store lasts as long as its process, and a global destructor would run
// under the feet of other threads.
constinit Registry *g_registry = nullptr;

constexpr std::string_view kScheme = "memory:";
constexpr size_t kLongestName = 64;

bool is_name(std::string_view name) {
  return name.size() <= kLongestName && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

}  // namespace

std::shared_ptr<Store> store_of(std::string_view url, std::string &error) {
  if (!url.starts_with(kScheme) || !is_name(url.substr(kScheme.size()))) {
    error = "\"" + std::string(url.substr(0, 100)) +
            "\" names no store; write memory: for one of this client's own, or memory:NAME with "
            "up to 64 letters, digits, '.', '_' and '-' for one that clients share";
    return nullptr;
  }
  if (url == kScheme) return std::make_shared<Store>(std::string(url));

  std::lock_guard lock(g_mutex);
  const int64_t process = port::process_id();
  if (g_registry == nullptr || g_registry->made_in != process) {
    g_registry = new Registry{process, g_registry, {}};
  }
  auto &stores = g_registry->stores;
  const auto found = stores.find(url);
  if (found != stores.end()) return found->second;
  return stores.emplace(url, std::make_shared<Store>(std::string(url))).first->second;
}

}  // namespace repolock::backend::memory
