// options.hpp - the settings of a client, and the names under which it locks.
#ifndef REPOLOCK_CPP_OPTIONS_HPP
#define REPOLOCK_CPP_OPTIONS_HPP

#include <repolock/repolock.h>
#include <repolock/cpp/error.hpp>
#include <repolock/cpp/handle.hpp>

#include <map>
#include <string>
#include <string_view>

namespace repolock {

// The keys and values of repolock_config_set.
using options = std::map<std::string, std::string>;

namespace detail {

inline config_handle config_of(const options &set) {
  config_handle config(repolock_config_new());
  if (!config) throw error(make_error_code(errc::nomem), "");
  char err[REPOLOCK_ERR_SIZE] = "";
  for (const auto &[key, value] : set) {
    const repolock_status_t status =
        repolock_config_set(config.get(), key.c_str(), value.c_str(), err, sizeof err);
    if (status != REPOLOCK_OK) throw error(code_of(status), err);
  }
  return config;
}

}  // namespace detail

// The one spelling under which a client of these options locks repo.
inline std::string canonical(std::string_view repo, const options &set = {}) {
  char spelled[REPOLOCK_REPO_SIZE] = "";
  char err[REPOLOCK_ERR_SIZE] = "";
  const repolock_status_t status =
      repolock_repo_canonical(detail::config_of(set).get(), repo.data(), repo.size(), spelled,
                              sizeof spelled, err, sizeof err);
  if (status != REPOLOCK_OK) throw error(detail::code_of(status), err);
  return spelled;
}

}  // namespace repolock

#endif
