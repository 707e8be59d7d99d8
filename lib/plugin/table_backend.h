// table_backend.h - a backend's table as the client's thread calls it: nothing that is thrown in
// there comes through, and the library's own words travel as the structs of plugin.h.
#pragma once

#include <repolock/plugin.h>

#include <optional>
#include <string>

#include "core/options.h"
#include "loop/backend.h"
#include "plugin/host.h"
#include "plugin/translate.h"

namespace repolock::plugin {

class TableBackend : public loop::Backend {
 public:
  // file: of the plugin; "" where it is built in.
  TableBackend(std::string file, const repolock_backend_api_t &table, loop::BackendHost &client);
  ~TableBackend() override;

  std::optional<core::Failure> open(const core::Options &options);

  uint64_t capabilities() const override { return capabilities_; }
  void submit(const core::BackendRequest &request) override;
  void cancel(uint64_t request) override;

 private:
  template <class Call>
  bool contained(const Call &call) noexcept;
  std::string threw(const char *slot) const;
  void log(const char *event, std::string message);

  const std::string file_;
  const repolock_backend_api_t table_;
  loop::BackendHost &client_;
  const HostEntry host_;  // before close returns nobody may be told any more
  const Self process_;
  void *self_ = nullptr;
  bool is_open_ = false;
  uint64_t capabilities_ = 0;
  core::Millis node_timeout_ = core::kForever;
};

}  // namespace repolock::plugin
