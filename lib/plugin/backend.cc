#include "plugin/backend.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "backend/file/file.h"
#include "backend/memory/memory.h"
#include "backend/redis/redis.h"
#include "plugin/host.h"
#include "plugin/negotiate.h"
#include "plugin/translate.h"
#include "port/fork.h"
#include "port/process.h"

namespace repolock::plugin {

namespace {

struct BuiltIn {
  std::string_view scheme;
  repolock_plugin_init_fn init;
};

constexpr std::array kBuiltIn = {
    BuiltIn{"file", backend::file::init}, BuiltIn{"memory", backend::memory::init},
    BuiltIn{"redis", backend::redis::init}, BuiltIn{"redis+unix", backend::redis::init},
    BuiltIn{"redis+quorum", backend::redis::init}};

constexpr auto kSchemes = [] {
  std::array<std::string_view, kBuiltIn.size()> schemes;
  for (size_t i = 0; i < schemes.size(); ++i) schemes[i] = kBuiltIn[i].scheme;
  return schemes;
}();

Self this_process() {
  Self self;
  self.host = port::host_name();
  self.boot_id = port::boot_id();
  self.pid = port::process_id();
  self.pid_start = port::process_start(self.pid);
  return self;
}

class TableBackend : public loop::Backend {
 public:
  explicit TableBackend(const repolock_backend_api_t &table) : table_(table) {}
  ~TableBackend() override {
    if (self_ != nullptr) table_.close(self_);
  }

  repolock_status_t open(loop::BackendHost &client, const repolock_open_params_t &params, char *err,
                         size_t err_size) {
    return table_.open(host_api(), as_host(&client), &params, &self_, err, err_size);
  }

  uint64_t capabilities() const override {
    return table_.effective_capabilities == nullptr ? table_.capabilities
                                                    : table_.effective_capabilities(self_);
  }

  void submit(const core::BackendRequest &request) override {
    const RequestView view(request, process_);
    table_.submit(self_, view.get());
  }

  void cancel(uint64_t request) override { table_.cancel(self_, request); }

 private:
  const repolock_backend_api_t table_;
  void *self_ = nullptr;
  const Self process_ = this_process();
};

core::Result<std::unique_ptr<loop::Backend>> open(const core::Options &options,
                                                  const BuiltIn &built_in,
                                                  loop::BackendHost &client) {
  auto table = negotiate(built_in.init, host_api());
  if (const core::Failure *failure = core::failure_of(table)) return *failure;
  const auto &api = std::get<repolock_backend_api_t>(table);

  std::vector<const char *> keys, values;
  for (const core::BackendOption &option : options.backend_options()) {
    keys.push_back(option.key);
    values.push_back(option.value);
  }
  repolock_open_params_t params{};
  params.struct_size = sizeof params;
  params.url = options.backend().c_str();
  params.keys = keys.data();
  params.values = values.data();
  params.option_count = keys.size();
  params.max_ttl_ms = options.max_ttl();
  params.node_timeout_ms = options.node_timeout();

  auto backend = std::make_unique<TableBackend>(api);  // before anything is open
  char err[REPOLOCK_ERR_SIZE] = "";
  const repolock_status_t status = backend->open(client, params, err, sizeof err);
  if (status != REPOLOCK_OK) return core::Failure{static_cast<core::Status>(status), err};
  return backend;
}

}  // namespace

std::span<const std::string_view> known_schemes() {
  return kSchemes;
}

loop::OpenBackend opener(const core::Options &options) {
  return [options](loop::BackendHost &client) -> core::Result<std::unique_ptr<loop::Backend>> {
    for (const BuiltIn &built_in : kBuiltIn)
      if (built_in.scheme == options.backend_scheme()) return open(options, built_in, client);
    return core::Failure{core::Status::kUnsupported,
                         "no backend for " + std::string(options.backend_scheme()) + ":"};
  };
}

}  // namespace repolock::plugin
