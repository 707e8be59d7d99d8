#include "plugin/loader.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "plugin/host.h"
#include "plugin/negotiate.h"
#include "port/library.h"
#include "port/listing.h"
#include "port/whereabouts.h"

namespace repolock::plugin {

namespace {

constexpr std::string_view kBefore = "librepolock_", kBehind = ".so";

core::Failure refuse(const std::string &file, const std::string &why) {
  return {core::Status::kPlugin, file + " " + why};
}

// Whoever may write there would run in this process. Links are looked at from both ends.
std::string open_to_all(const std::string &file, const std::string &real) {
  std::string where = port::open_to_all(real);
  return where.empty() ? port::open_to_all(file) : where;
}

}  // namespace

bool Plugin::opens(std::string_view scheme) const {
  std::string_view rest = table.schemes;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(' '), rest.size());
    if (rest.substr(0, end) == scheme) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

core::Result<Plugin> load(const std::string &file) {
  const std::string real = port::real_path(file);
  if (real.empty()) return refuse(file, std::string("cannot be read: ") + std::strerror(errno));
  if (const std::string where = open_to_all(file, real); !where.empty())
    return refuse(file, "is not loaded, for " + where +
                            " may be changed by everybody; chmod o-w it, if nobody has");
  std::string error;
  void *library = port::load_library(real, error);
  if (library == nullptr) return refuse(file, error);
  auto *init = reinterpret_cast<repolock_plugin_init_fn>(
      port::find_function(library, REPOLOCK_PLUGIN_ENTRY));
  if (init == nullptr)
    return refuse(file, "is no plugin, for it has no function " REPOLOCK_PLUGIN_ENTRY
                        "; build it as plugin.h says, and export that one symbol");
  auto table = negotiate(file, init, host_api());
  if (core::Failure *failure = std::get_if<core::Failure>(&table)) return std::move(*failure);
  return Plugin{file, std::get<repolock_backend_api_t>(table)};
}

core::Result<Plugin> load_for(const std::string &path, std::string_view scheme) {
  const bool is_folder = port::is_directory(path);
  std::string file = path;
  if (is_folder) {
    // One plugin opens "etcd:" and "etcd+tls:".
    file += "/" + std::string(kBefore) + std::string(scheme.substr(0, scheme.find('+'))) +
            std::string(kBehind);
    if (port::real_path(file).empty() && errno == ENOENT)
      return core::Failure{core::Status::kUnsupported,
                           "there is no backend for " + std::string(scheme) +
                               ":, neither built in nor as " + file +
                               "; install its plugin there, or correct the URL or plugin.path"};
  }
  auto loaded = load(file);
  const auto *plugin = std::get_if<Plugin>(&loaded);
  if (plugin != nullptr && !plugin->opens(scheme))
    return core::Failure{core::Status::kUnsupported, file + " opens \"" + plugin->table.schemes +
                                                         "\", and not " + std::string(scheme) +
                                                         ":; correct the URL or plugin.path"};
  return loaded;
}

core::Result<std::vector<std::string>> plugin_files(const std::string &path) {
  const std::string real = port::real_path(path);
  if (real.empty())
    return refuse("plugin.path " + path, std::string("cannot be read: ") + std::strerror(errno));
  if (!port::is_directory(real)) return std::vector{path};
  std::vector<std::string> files;
  port::list(-1, real.c_str(), [&](int, const std::string &name) {
    if (name.starts_with(kBefore) && name.ends_with(kBehind)) files.push_back(path + "/" + name);
  });
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace repolock::plugin
