#include "client.h"

#include "exit_codes.h"
#include "failure.h"

namespace repolock::shell {
namespace {

void check(repolock_status_t status, const char *message) {
  if (status == REPOLOCK_OK) return;
  throw Failure{exit_code_of(status), *message ? message : repolock_status_name(status), status};
}

void set(const Config &config, const std::string &key, const std::string &value) {
  char err[REPOLOCK_ERR_SIZE] = "";
  check(repolock_config_set(config.get(), key.c_str(), value.c_str(), err, sizeof err), err);
}

}  // namespace

Config make_config(const Common &common) {
  Config config(repolock_config_new());
  if (!config) check(REPOLOCK_E_NOMEM, "out of memory");
  if (!common.backend.empty()) set(config, "backend", common.backend);
  for (const auto &[key, value] : common.settings) set(config, key, value);
  return config;
}

Client open_client(const Config &config) {
  char err[REPOLOCK_ERR_SIZE] = "";
  repolock_client_t *client = nullptr;
  check(repolock_client_open(config.get(), &client, err, sizeof err), err);
  return Client(client);
}

std::string canonical(const Config &config, const std::string &repo) {
  char out[REPOLOCK_REPO_SIZE], err[REPOLOCK_ERR_SIZE] = "";
  check(repolock_repo_canonical(config.get(), repo.data(), repo.size(), out, sizeof out, err,
                                sizeof err),
        err);
  return out;
}

Op finish(repolock_status_t started, repolock_op_t *op) {
  check(started, "");
  Op owned(op);
  const auto status = repolock_op_wait(op, -1);  // then there is a message
  check(status, repolock_op_message(op));
  return owned;
}

Snapshot snapshot_of(const Op &op) {
  repolock_snapshot_t *snapshot = nullptr;
  check(repolock_op_snapshot(op.get(), &snapshot), "the backend told nothing");
  return Snapshot(snapshot);
}

Snapshot backends(const Config &config) {
  char err[REPOLOCK_ERR_SIZE] = "";
  repolock_snapshot_t *snapshot = nullptr;
  check(repolock_backend_list(config.get(), &snapshot, err, sizeof err), err);
  return Snapshot(snapshot);
}

Snapshot inspect(const Client &client, const std::string &repo) {
  repolock_op_t *op = nullptr;
  const char *name = repo.empty() ? nullptr : repo.data();
  const auto started = repolock_inspect_start(client.get(), name, repo.size(), &op);
  return snapshot_of(finish(started, op));
}

}  // namespace repolock::shell
