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

// "open, close", of those that are NULL.
std::string missing_slots(const repolock_backend_api_t &table) {
  std::string missing;
  const auto need = [&missing](bool there, const char *slot) {
    if (!there) missing += (missing.empty() ? "" : ", ") + std::string(slot);
  };
  need(table.schemes != nullptr, "schemes");
  need(table.open != nullptr, "open");
  need(table.submit != nullptr, "submit");
  need(table.cancel != nullptr, "cancel");
  need(table.close != nullptr, "close");
  return missing;
}

}  // namespace

core::Result<repolock_backend_api_t> negotiate(const std::string &who, repolock_plugin_init_fn init,
                                               const repolock_host_api_t *host) {
  const auto refuse = [&who](const std::string &why) {
    return core::Failure{core::Status::kPlugin, who + " " + why};
  };
  const std::string newest = std::to_string(REPOLOCK_PLUGIN_ABI);
  const std::string remedy =
      "; install one built for ABI 1 to " + newest + ", or a librepolock as new as it";
  const repolock_backend_api_t *theirs = nullptr;
  uint32_t asked = REPOLOCK_PLUGIN_ABI + 1;
  try {
    while (theirs == nullptr && asked > 1) theirs = init(host, --asked);
  } catch (...) {
    return refuse("threw an exception out of " REPOLOCK_PLUGIN_ENTRY
                  ", which plugin.h forbids; install one that does not");
  }
  if (theirs == nullptr)
    return refuse("speaks none of the plugin ABIs 1 to " + newest + " of this librepolock " +
                  REPOLOCK_VERSION_STRING + remedy);
  if (theirs->abi_version < 1 || theirs->abi_version > asked)
    return refuse("answered with plugin ABI " + std::to_string(theirs->abi_version) +
                  " when it was asked for " + std::to_string(asked) + remedy);
  if (theirs->struct_size < kSmallestTable)
    return refuse("has a table of " + std::to_string(theirs->struct_size) +
                  " bytes, and ABI 1 needs " + std::to_string(kSmallestTable) +
                  "; build it against plugin.h, with struct_size = sizeof the table");

  repolock_backend_api_t table{};
  std::memcpy(&table, theirs, std::min<size_t>(theirs->struct_size, sizeof table));
  const std::string missing = missing_slots(table);
  if (!missing.empty())
    return refuse("has nothing in the required slots " + missing +
                  " of its table; build one that fills all that plugin.h calls REQUIRED");
  return table;
}

}  // namespace repolock::plugin
