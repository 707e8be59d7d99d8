// options.h - the configuration of a client: plain data, checked as it is set, freely copied.
//
//   Options options(known_schemes);
//   if (auto failure = options.set("ttl_ms", "20000")) ...
//   if (auto failure = options.check()) ...   // when a client opens
#pragma once

#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/option_table.h"
#include "core/option_value.h"
#include "core/repo_name.h"
#include "core/status.h"
#include "core/time.h"

namespace repolock::core {

// An option "<scheme>.*" that was set, for the backend; borrowed until the next set.
struct BackendOption {
  const char *key;
  const char *value;
};

class Options {
 public:
  // The schemes of the backends that there are, in lower case and without colon; borrowed for ever.
  explicit Options(std::span<const std::string_view> known_schemes);

  // A later value replaces an earlier one; after a failure the earlier one stays. kInvalid for key
  // or value. What is named after a scheme that is not built in, "etcd.pool", is kept for its plugin
  // as it is: whether there is one, and knows it, is found out when a client opens.
  std::optional<Failure> set(std::string_view key, std::string_view value);

  // What no single value shows: nullopt, or which two options do not go together. kUnsupported for a
  // backend of an unknown scheme, where no plugin may be loaded.
  std::optional<Failure> check() const;

  const std::string &backend() const { return text(Option::kBackend); }
  std::string_view backend_scheme() const;
  bool is_built_in() const;  // its backend
  std::vector<BackendOption> backend_options() const;
  const std::string &plugin_path() const { return text(Option::kPluginPath); }

  Millis ttl() const { return number(Option::kTtl); }
  Millis max_ttl() const { return number(Option::kMaxTtl); }
  Millis wait() const;       // kForever for -1
  Millis max_hold() const;   // kForever for none
  Millis heartbeat() const;  // kForever for off
  Millis node_timeout() const { return number(Option::kNodeTimeout); }

  NameRules name_rules() const;
  const std::string &holder() const { return text(Option::kHolder); }

 private:
  struct Setting {
    OptionValue value;
    bool given = false;
  };

  const Setting &setting(Option option) const { return settings_[static_cast<size_t>(option)]; }
  const std::string &text(Option option) const { return setting(option).value.text; }
  Millis number(Option option) const { return setting(option).value.number; }

  bool is_of_a_plugin(std::string_view key) const;

  std::span<const std::string_view> known_schemes_;
  std::array<Setting, kOptionCount> settings_;
  std::map<std::string, std::string, std::less<>> of_plugins_;  // by key
};

}  // namespace repolock::core
