#include "plugin/backend.h"

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "backend/file/file.h"
#include "backend/memory/memory.h"
#include "backend/redis/redis.h"
#include "plugin/host.h"
#include "plugin/loader.h"
#include "plugin/negotiate.h"
#include "plugin/table_backend.h"

namespace repolock::plugin {

namespace {

struct BuiltIn {
  std::string_view scheme;
  repolock_plugin_init_fn init;
};

// Those of one backend are neighbours.
constexpr std::array kBuiltIn = {
    BuiltIn{"file", backend::file::init}, BuiltIn{"memory", backend::memory::init},
    BuiltIn{"redis", backend::redis::init}, BuiltIn{"redis+unix", backend::redis::init},
    BuiltIn{"redis+quorum", backend::redis::init}};

constexpr auto kSchemes = [] {
  std::array<std::string_view, kBuiltIn.size()> schemes;
  for (size_t i = 0; i < schemes.size(); ++i) schemes[i] = kBuiltIn[i].scheme;
  return schemes;
}();

// By the same checks as any other.
core::Result<Plugin> built_in(const BuiltIn &backend) {
  auto table =
      negotiate("the backend " + std::string(backend.scheme) + ":", backend.init, host_api());
  if (core::Failure *failure = std::get_if<core::Failure>(&table)) return std::move(*failure);
  return Plugin{"", std::get<repolock_backend_api_t>(table)};
}

core::Result<Plugin> find(const core::Options &options) {
  for (const BuiltIn &backend : kBuiltIn)
    if (backend.scheme == options.backend_scheme()) return built_in(backend);
  return load_for(options.plugin_path(), options.backend_scheme());
}

core::Row row_of(const std::string &file, const core::Result<Plugin> &found) {
  core::Row row;
  row.kind = core::RowKind::kBackend;
  row.file = file;
  if (const core::Failure *failure = core::failure_of(found)) {
    row.status = core::status_name(static_cast<int32_t>(failure->status));
    row.message = failure->message;
    return row;
  }
  const auto &table = std::get<Plugin>(found).table;
  row.status = core::status_name(static_cast<int32_t>(core::Status::kOk));
  row.schemes = table.schemes;
  row.version = text(table.version);
  row.abi = table.abi_version;
  row.capabilities = static_cast<int64_t>(table.capabilities);
  return row;
}

}  // namespace

std::span<const std::string_view> known_schemes() {
  return kSchemes;
}

loop::OpenBackend opener(const core::Options &options) {
  return [options](loop::BackendHost &client) -> core::Result<std::unique_ptr<loop::Backend>> {
    auto found = find(options);
    if (core::Failure *failure = std::get_if<core::Failure>(&found)) return std::move(*failure);
    auto &[file, table] = std::get<Plugin>(found);
    auto backend = std::make_unique<TableBackend>(std::move(file), table, client);
    if (auto failure = backend->open(options)) return *std::move(failure);
    return backend;
  };
}

core::Result<core::Rows> backend_rows(const core::Options &options) {
  core::Rows rows;
  repolock_plugin_init_fn last = nullptr;
  for (const BuiltIn &backend : kBuiltIn)
    if (std::exchange(last, backend.init) != backend.init)
      rows.push_back(row_of("", built_in(backend)));
  if (options.plugin_path().empty()) return rows;
  auto files = plugin_files(options.plugin_path());
  if (core::Failure *failure = std::get_if<core::Failure>(&files)) return std::move(*failure);
  for (const std::string &file : std::get<std::vector<std::string>>(files))
    rows.push_back(row_of(file, load(file)));
  return rows;
}

}  // namespace repolock::plugin
