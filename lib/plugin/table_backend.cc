#include "plugin/table_backend.h"

#include <utility>
#include <vector>

#include "port/clock.h"
#include "port/fork.h"
#include "port/process.h"

namespace repolock::plugin {

namespace {

Self this_process() {
  Self self;
  self.host = port::host_name();
  self.boot_id = port::boot_id();
  self.pid = port::process_id();
  self.pid_start = port::process_start(self.pid);
  return self;
}

}  // namespace

TableBackend::TableBackend(std::string file, const repolock_backend_api_t &table,
                           loop::BackendHost &client)
    : file_(std::move(file)),
      table_(table),
      client_(client),
      host_(client),
      process_(this_process()) {}

TableBackend::~TableBackend() {
  if (is_open_) contained([this] { table_.close(self_); });
}

// False: it threw, though no exception may leave a backend.
template <class Call>
bool TableBackend::contained(const Call &call) noexcept {
  try {
    call();
    return true;
  } catch (...) {
    return false;
  }
}

std::string TableBackend::threw(const char *slot) const {
  return (file_.empty() ? "the backend" : file_) + " threw an exception out of " + slot +
         ", which plugin.h forbids; what it did before is not known: install one that does not";
}

std::optional<core::Failure> TableBackend::open(const core::Options &options) {
  std::vector<const char *> keys, values;
  const auto of_backend = options.backend_options();
  for (const core::BackendOption &option : of_backend) {
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
  params.node_timeout_ms = node_timeout_ = options.node_timeout();

  char err[REPOLOCK_ERR_SIZE] = "";
  repolock_status_t status = REPOLOCK_E_PLUGIN;
  if (!contained(
          [&] { status = table_.open(host_api(), host_.get(), &params, &self_, err, sizeof err); }))
    return core::Failure{core::Status::kPlugin, threw("open")};
  err[sizeof err - 1] = '\0';
  if (status != REPOLOCK_OK) {
    const std::string told = *err != '\0' ? err : "it refused to open, and gave no reason";
    return core::Failure{static_cast<core::Status>(status),
                         file_.empty() ? told : file_ + ": " + told};
  }
  is_open_ = true;
  capabilities_ = table_.capabilities;
  if (table_.effective_capabilities != nullptr &&
      !contained([this] { capabilities_ &= table_.effective_capabilities(self_); }))
    return core::Failure{core::Status::kPlugin, threw("effective_capabilities")};
  return std::nullopt;
}

void TableBackend::submit(const core::BackendRequest &request) {
  const RequestView view(request, process_);
  const core::Millis before = port::now_ms();
  const bool returned = contained([&] { table_.submit(self_, view.get()); });
  if (const core::Millis took = port::now_ms() - before; took > node_timeout_)
    log("backend_blocked",
        (file_.empty() ? "the backend" : file_) + " kept the client's thread for " +
            std::to_string(took) +
            " ms in submit, so that nothing could be renewed; it must not block");
  if (returned) return;
  core::BackendAnswer answer;
  answer.status = core::Status::kPlugin;
  answer.message = threw("submit");
  client_.answer(request.id, std::move(answer));
}

void TableBackend::cancel(uint64_t request) {
  if (!contained([&] { table_.cancel(self_, request); })) log("plugin_threw", threw("cancel"));
}

void TableBackend::log(const char *event, std::string message) {
  core::LogLine line;
  line.level = core::kLogError;
  line.message = std::move(message);
  line.fields.emplace_back("event", event);
  client_.log(std::move(line));
}

}  // namespace repolock::plugin
