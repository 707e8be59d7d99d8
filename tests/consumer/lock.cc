// lock.cc - a C++ program of somebody else's: does its work under one lock at the backend URL given.
#include <repolock/repolock.h>

#include <iostream>
#include <memory>
#include <string>

namespace {

int32_t work(repolock_lease_t *lease, void *done) {
  *static_cast<bool *>(done) = repolock_lease_status(lease) == REPOLOCK_OK;
  return 0;
}

}  // namespace

int main(int argc, char **argv) {
  const std::unique_ptr<repolock_config_t, void (*)(repolock_config_t *)> config(
      repolock_config_new(), repolock_config_free);
  const std::string repo = "owner/name";
  char err[REPOLOCK_ERR_SIZE] = "";
  repolock_client_t *client = nullptr;
  bool done = false;
  int32_t result = 1;

  const bool ran =
      argc == 2 &&
      repolock_config_set(config.get(), "backend", argv[1], err, sizeof err) == REPOLOCK_OK &&
      repolock_client_open(config.get(), &client, err, sizeof err) == REPOLOCK_OK &&
      repolock_with_lock(client, repo.data(), repo.size(), nullptr, work, &done, &result, err,
                         sizeof err) == REPOLOCK_OK &&
      repolock_shutdown(client, 1000) == REPOLOCK_OK;
  repolock_client_free(client);
  if (!ran) std::cerr << "lock " << (argc == 2 ? argv[1] : "URL") << ": " << err << "\n";
  return ran && done && result == 0 ? 0 : 1;
}
