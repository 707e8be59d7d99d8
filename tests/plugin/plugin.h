/* plugin.h - clients of the plugins that CMakeLists.txt has built. Include it first. */
#ifndef REPOLOCK_TESTS_PLUGIN_H
#define REPOLOCK_TESTS_PLUGIN_H

#include "api/api.h"

/* The url's plugin from $REPOLOCK_PLUGINS/folder; pairs of key and value, then NULL, as open_with. */
#define open_plugin(folder, url, ...) \
  open_with(place_of(url), "plugin.path", path_of(folder), __VA_ARGS__)

static inline const char *path_of(const char *folder) {
  static char path[4096];
  snprintf(path, sizeof path, "%s/%s", getenv("REPOLOCK_PLUGINS"), folder);
  return path;
}

static inline const struct place *place_of(const char *url) {
  static struct place place;
  snprintf(place.url, sizeof place.url, "%s", url);
  return &place;
}

/* Tries to open it, which fails with that status and a sentence with that part. */
static inline void assert_refused(const char *folder, const char *url, repolock_status_t status,
                                  const char *part) {
  char err[REPOLOCK_ERR_SIZE] = "";
  repolock_client_t *client = NULL;
  repolock_config_t *config = repolock_config_new();
  assert_status(repolock_config_set(config, "backend", url, err, sizeof err), REPOLOCK_OK);
  assert_status(repolock_config_set(config, "plugin.path", path_of(folder), err, sizeof err),
                REPOLOCK_OK);
  assert_status(repolock_client_open(config, &client, err, sizeof err), status);
  assert_contains(err, part);
  assert_null(client);
  repolock_config_free(config);
}

#endif
