// loader.h - backends from outside: from plugin.path to tables.
#pragma once

#include <repolock/plugin.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/status.h"

namespace repolock::plugin {

struct Plugin {
  std::string file;
  repolock_backend_api_t table;

  // Whether it says of itself that it opens such URLs.
  bool opens(std::string_view scheme) const;
};

// Loads a file, for good. kPlugin: what is wrong with it, and what would be right.
core::Result<Plugin> load(const std::string &file);

// From path, a file or a folder, the plugin that opens such URLs. kUnsupported: there is none.
core::Result<Plugin> load_for(const std::string &path, std::string_view scheme);

// What may be a plugin in path, by name. kPlugin: path is nothing that can be looked into.
core::Result<std::vector<std::string>> plugin_files(const std::string &path);

}  // namespace repolock::plugin
