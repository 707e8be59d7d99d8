#include "api/guard.h"
#include "api/handles.h"
#include "core/repo_name.h"
#include "plugin/backend.h"

using namespace repolock;

extern "C" {

repolock_config_t *repolock_config_new(void) {
  repolock_config_t *config = nullptr;
  api::guard([&] {
    config = new repolock_config{core::Options(plugin::known_schemes())};
    return REPOLOCK_OK;
  });
  return config;
}

void repolock_config_free(repolock_config_t *config) {
  delete config;
}

repolock_status_t repolock_config_set(repolock_config_t *config, const char *key, const char *value,
                                      char *err, size_t err_size) {
  const api::ErrorText text{err, err_size};
  return api::guard(text, [&]() -> repolock_status_t {
    if (config == nullptr || key == nullptr || value == nullptr)
      return text.fail(REPOLOCK_E_INVALID, "config, key and value must not be NULL");
    if (const auto failure = config->options.set(key, value)) return text.fail(*failure);
    return REPOLOCK_OK;
  });
}

repolock_status_t repolock_config_describe(size_t index, const char **key, const char **type,
                                           const char **deflt, const char **doc) {
  const core::OptionDoc *option = core::describe(index);
  if (option == nullptr) return REPOLOCK_E_INVALID;
  if (key != nullptr) *key = option->key;
  if (type != nullptr) *type = option->type;
  if (deflt != nullptr) *deflt = option->deflt;
  if (doc != nullptr) *doc = option->doc;
  return REPOLOCK_OK;
}

repolock_status_t repolock_repo_canonical(const repolock_config_t *config, const char *repo,
                                          size_t len, char *out, size_t out_size, char *err,
                                          size_t err_size) {
  const api::ErrorText text{err, err_size};
  return api::guard(text, [&]() -> repolock_status_t {
    if (repo == nullptr || out == nullptr)
      return text.fail(REPOLOCK_E_INVALID, "repo and out must not be NULL");
    const core::NameRules rules =
        config == nullptr ? core::NameRules() : config->options.name_rules();
    const auto canonical = core::canonical_repo({repo, len}, rules);
    if (const auto *failure = core::failure_of(canonical)) return text.fail(*failure);
    const auto &name = std::get<std::string>(canonical);
    if (name.size() >= out_size)
      return text.fail(REPOLOCK_E_INVALID, "out has " + std::to_string(out_size) + " bytes and " +
                                               std::to_string(name.size() + 1) +
                                               " are needed; REPOLOCK_REPO_SIZE fits every name");
    std::memcpy(out, name.c_str(), name.size() + 1);
    return REPOLOCK_OK;
  });
}

}  // extern "C"
