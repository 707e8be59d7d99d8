/* lock.c - a C program of somebody else's: takes and returns one lock at the backend URL given. */
#include <repolock/repolock.h>
#include <stdio.h>

static int failed(const char *what, const char *err) {
  fprintf(stderr, "%s: %s\n", what, err);
  return 1;
}

int main(int argc, char **argv) {
  char err[REPOLOCK_ERR_SIZE] = "";
  repolock_config_t *config = repolock_config_new();
  repolock_client_t *client = NULL;
  repolock_lease_t *lease = NULL;

  if (argc != 2) return failed("usage", "lock URL");
  if (repolock_version() != REPOLOCK_VERSION_NUMBER) return failed("version", "another library");
  if (repolock_config_set(config, "backend", argv[1], err, sizeof err) != REPOLOCK_OK)
    return failed("config", err);
  if (repolock_client_open(config, &client, err, sizeof err) != REPOLOCK_OK)
    return failed("open", err);
  repolock_config_free(config);
  if (repolock_acquire(client, "owner/name", 10, NULL, &lease, err, sizeof err) != REPOLOCK_OK)
    return failed("acquire", err);
  if (repolock_lease_fence(lease) == 0) return failed("fence", "none");
  if (repolock_release(lease) != REPOLOCK_OK) return failed("release", "not released");
  repolock_lease_free(lease);
  if (repolock_shutdown(client, 1000) != REPOLOCK_OK) return failed("shutdown", "not complete");
  repolock_client_free(client);
  return 0;
}
