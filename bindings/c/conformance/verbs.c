#define _POSIX_C_SOURCE 200809L
#include "verbs.h"

#include <fcntl.h>
#include <repolock/repolock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "acquiring.h"
#include "handles.h"
#include "message.h"

static json_t *hello(const json_t *request) {
  (void)request;
  return json_pack("{ss ss ss s[ssssssss]}", "status", "OK", "language", "c", "version",
                   REPOLOCK_VERSION_STRING, "can", "shared", "several", "fork", "cancel", "inspect",
                   "break", "waiting", "descriptor");
}

/* Its config, and the backend if one is named; a scenario may write a number as one. */
static repolock_status_t config_of(const json_t *request, repolock_config_t *config, char *err) {
  const char *backend = text_of(request, "backend"), *key;
  repolock_status_t status = REPOLOCK_OK;
  json_t *value;
  if (backend != NULL)
    status = repolock_config_set(config, "backend", backend, err, REPOLOCK_ERR_SIZE);
  json_object_foreach(json_object_get(request, "config"), key, value) {
    char number[32];
    snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
    if (status == REPOLOCK_OK)
      status = repolock_config_set(config, key,
                                   json_is_string(value) ? json_string_value(value) : number, err,
                                   REPOLOCK_ERR_SIZE);
  }
  return status;
}

static json_t *open_client(const json_t *request) {
  char err[REPOLOCK_ERR_SIZE] = "";
  const char *name = text_of(request, "client");
  if (name == NULL) return invalid("no client is named");
  repolock_config_t *config = repolock_config_new();
  repolock_client_t *client = NULL;
  repolock_status_t status = config_of(request, config, err);
  if (status == REPOLOCK_OK) status = repolock_client_open(config, &client, err, sizeof err);
  if (status == REPOLOCK_OK) keep_client(name, client);
  repolock_config_free(config);
  return status_reply(status, err);
}

static json_t *canonical(const json_t *request) {
  char err[REPOLOCK_ERR_SIZE] = "", name[REPOLOCK_REPO_SIZE] = "";
  const json_t *repo = json_object_get(request, "repo");
  repolock_config_t *config = repolock_config_new();
  repolock_status_t status = config_of(request, config, err);
  if (status == REPOLOCK_OK)
    status = repolock_repo_canonical(config, json_string_value(repo), json_string_length(repo),
                                     name, sizeof name, err, sizeof err);
  repolock_config_free(config);
  json_t *reply = status_reply(status, err);
  json_object_set_new(reply, "canonical", json_string(name));
  return reply;
}

/* The end of an op that was begun by status. */
static json_t *awaited(repolock_status_t status, repolock_op_t *op) {
  if (status != REPOLOCK_OK) return status_reply(status, "it was not even begun");
  status = repolock_op_wait(op, -1);
  json_t *reply = status_reply(status, repolock_op_message(op));
  repolock_snapshot_t *seen = NULL;
  if (repolock_op_snapshot(op, &seen) == REPOLOCK_OK) {
    json_object_set_new(reply, "holders", holders_of(seen));
    json_object_set_new(reply, "waiters", waiters_of(seen));
  }
  repolock_snapshot_free(seen);
  repolock_op_free(op);
  return reply;
}

static json_t *inspect(const json_t *request) {
  const json_t *repo = json_object_get(request, "repo");
  repolock_op_t *op = NULL;
  const repolock_status_t status =
      repolock_inspect_start(client_named(text_of(request, "client")), json_string_value(repo),
                             json_string_length(repo), &op);
  return awaited(status, op);
}

static json_t *break_lease(const json_t *request) {
  const json_t *repo = json_object_get(request, "repo");
  repolock_op_t *op = NULL;
  const repolock_status_t status =
      repolock_break_start(client_named(text_of(request, "client")), json_string_value(repo),
                           json_string_length(repo), text_of(request, "lease_id"), &op);
  return awaited(status, op);
}

/* A lease that is not known is a NULL, which every call takes for E_INVALID. */
static repolock_lease_t *lease_of(const json_t *request) {
  return lease_named(text_of(request, "lease"));
}

static json_t *check(const json_t *request) {
  const repolock_lease_t *lease = lease_of(request);
  json_t *reply = status_reply(repolock_lease_status(lease), repolock_lease_message(lease));
  json_object_set_new(reply, "remaining_ms", json_integer(repolock_lease_remaining_ms(lease)));
  return reply;
}

static json_t *extend(const json_t *request) {
  repolock_lease_t *lease = lease_of(request);
  const repolock_status_t status = repolock_extend(lease, number_of(request, "ttl_ms", 0));
  return status_reply(status, repolock_lease_message(lease));
}

static json_t *let_go(const json_t *request) {
  repolock_lease_t *lease = lease_of(request);
  const repolock_status_t status = repolock_release(lease);
  return status_reply(status, repolock_lease_message(lease));
}

static json_t *drop(const json_t *request) {
  return forget_lease(text_of(request, "lease")) ? status_reply(REPOLOCK_OK, "")
                                                 : invalid("no such lease");
}

static json_t *close_client(const json_t *request) {
  return forget_client(text_of(request, "client")) ? status_reply(REPOLOCK_OK, "")
                                                   : invalid("no such client");
}

static json_t *shut_down(const json_t *request) {
  return status_reply(repolock_shutdown(client_named(text_of(request, "client")),
                                        number_of(request, "timeout_ms", 0)),
                      "");
}

static json_t *work(const json_t *request) {
  const char *witness = text_of(request, "witness");
  char journal[4096];
  const int fd = open(witness, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) return json_pack("{ss}", "status", "OVERLAP");
  snprintf(journal, sizeof journal, "%s.journal", witness);
  FILE *lines = fopen(journal, "a");
  fprintf(lines, "%llu c\n", (unsigned long long)repolock_lease_fence(lease_of(request)));
  fclose(lines);
  close(fd);
  unlink(witness);
  return status_reply(REPOLOCK_OK, "");
}

static json_t *fork_child(const json_t *request) {
  repolock_client_t *client = client_named(text_of(request, "client"));
  repolock_request_t *at_once = repolock_request_new();
  repolock_status_t told[2] = {REPOLOCK_E_INTERNAL, REPOLOCK_E_INTERNAL};
  int ends[2];
  repolock_request_set_wait(at_once, 0);
  if (pipe(ends) != 0) return status_reply(REPOLOCK_E_IO, "no pipe");
  const pid_t child = fork();
  if (child == 0) {
    repolock_lease_t *lease = NULL;
    told[0] = repolock_lease_status(lease_of(request));
    told[1] = repolock_acquire(client, "owner/name", 10, at_once, &lease, NULL, 0);
    _exit(write(ends[1], told, sizeof told) == sizeof told ? 0 : 1);
  }
  close(ends[1]);
  const int is_whole = read(ends[0], told, sizeof told) == sizeof told;
  close(ends[0]);
  waitpid(child, NULL, 0);
  repolock_request_free(at_once);
  if (!is_whole) return status_reply(REPOLOCK_E_INTERNAL, "the child said nothing");
  return json_pack("{ss s[ss]}", "status", "OK", "child", repolock_status_name(told[0]),
                   repolock_status_name(told[1]));
}

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static json_t *block(const json_t *request) {
  const int64_t until = now_ms() + number_of(request, "ms", 0);
  while (now_ms() < until) continue;
  return status_reply(REPOLOCK_OK, "");
}

static json_t *leave(const json_t *request) {
  _exit((int)number_of(request, "code", 0));
}

json_t *done(const json_t *request) {
  static const struct {
    const char *name;
    json_t *(*call)(const json_t *request);
  } kVerbs[] = {{"hello", hello},        {"open", open_client}, {"acquire", acquire},
                {"cancel", cancel},      {"check", check},      {"extend", extend},
                {"release", let_go},     {"drop", drop},        {"inspect", inspect},
                {"break", break_lease},  {"work", work},        {"canonical", canonical},
                {"fork", fork_child},    {"block", block},      {"shutdown", shut_down},
                {"close", close_client}, {"exit", leave}};
  const char *verb = text_of(request, "do");
  for (size_t i = 0; verb != NULL && i < sizeof kVerbs / sizeof *kVerbs; ++i)
    if (strcmp(kVerbs[i].name, verb) == 0) return kVerbs[i].call(request);
  return invalid("no such verb");
}
