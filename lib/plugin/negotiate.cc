#include "plugin/negotiate.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>

namespace repolock::plugin {

namespace {

// A table of ABI 1 reaches at least to its last required slot.
constexpr size_t kSmallestTable =
    offsetof(repolock_backend_api_t, close) + sizeof(repolock_backend_api_t::close);

core::Failure refuse(const std::string &why) {
  return {core::Status::kPlugin, why};
}

}  // namespace

core::Result<repolock_backend_api_t> negotiate(repolock_plugin_init_fn init,
                                               const repolock_host_api_t *host) {
  const repolock_backend_api_t *theirs = nullptr;
  for (uint32_t abi = REPOLOCK_PLUGIN_ABI; abi >= 1 && theirs == nullptr; --abi)
    theirs = init(host, abi);
  if (theirs == nullptr)
    return refuse("the backend speaks none of the plugin ABIs 1 to " +
                  std::to_string(REPOLOCK_PLUGIN_ABI) + "; use one built for this library");
  if (theirs->abi_version < 1 || theirs->abi_version > REPOLOCK_PLUGIN_ABI)
    return refuse("the backend answered with plugin ABI " + std::to_string(theirs->abi_version) +
                  ", which nobody asked for; use one built for this library");
  if (theirs->struct_size < kSmallestTable)
    return refuse("the backend's table has " + std::to_string(theirs->struct_size) +
                  " bytes, and ABI 1 needs " + std::to_string(kSmallestTable) +
                  "; build it against plugin.h");

  repolock_backend_api_t table{};
  std::memcpy(&table, theirs, std::min<size_t>(theirs->struct_size, sizeof table));
  if (table.schemes == nullptr || table.open == nullptr || table.submit == nullptr ||
      table.cancel == nullptr || table.close == nullptr)
    return refuse("the backend's table lacks one of schemes, open, submit, cancel, close");
  return table;
}

}  // namespace repolock::plugin
