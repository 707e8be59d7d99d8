#define _POSIX_C_SOURCE 200809L
#include "acquiring.h"

#include <pthread.h>
#include <repolock/repolock.h>
#include <stdlib.h>
#include <string.h>

#include "handles.h"
#include "message.h"

struct waiting {
  struct waiting *next;
  json_int_t id; /* of the request */
  char *lease;
  size_t repos;
  repolock_op_t *op;
};

/* Whoever has it may call on the op of any that is in the list. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct waiting *list;

static void leave_list(const struct waiting *wait) {
  pthread_mutex_lock(&mutex);
  struct waiting **at = &list;
  while (*at != wait) at = &(*at)->next;
  *at = wait->next;
  pthread_mutex_unlock(&mutex);
}

static void free_waiting(void *user_data) {
  struct waiting *wait = user_data;
  free(wait->lease);
  free(wait);
}

static void tell_loss(const repolock_event_t *event, void *user_data) {
  const char *key = NULL, *value = NULL, *reason = "";
  for (size_t i = 0; repolock_event_field(event, i, &key, &value) == REPOLOCK_OK; ++i)
    if (strcmp(key, "reason") == 0) reason = value;
  say(json_pack("{ss ss ss ss}", "event", "lost", "lease", (const char *)user_data, "status",
                repolock_status_name(repolock_event_status(event)), "reason", reason));
}

static const char *previous_of(const repolock_lease_t *lease) {
  static const char *const kNames[] = {"none", "released", "crashed", "expired", "broken"};
  return kNames[repolock_lease_previous(lease)];
}

static json_t *won(const struct waiting *wait) {
  repolock_lease_t *lease = NULL;
  const repolock_status_t taken = repolock_op_take_lease(wait->op, &lease);
  if (taken != REPOLOCK_OK) return status_reply(taken, "its lease was gone");
  json_t *fences = json_array();
  for (size_t i = 0; i < wait->repos; ++i)
    json_array_append_new(fences, json_integer((json_int_t)repolock_lease_fence_at(lease, i)));
  json_t *reply = status_reply(REPOLOCK_OK, "");
  json_object_update_new(
      reply, json_pack("{so ss ss}", "fences", fences, "previous", previous_of(lease), "lease_id",
                       repolock_lease_id(lease)));
  char *name = strdup(wait->lease);
  if (repolock_lease_on_lost(lease, tell_loss, name, free) != REPOLOCK_OK) free(name);
  keep_lease(wait->lease, lease);
  return reply;
}

static json_t *refused(const repolock_op_t *op, repolock_status_t status) {
  repolock_snapshot_t *seen = NULL;
  repolock_op_snapshot(op, &seen);
  json_t *reply = status_reply(status, repolock_op_message(op));
  json_t *waiters = waiters_of(seen); /* itself, if it came to wait */
  json_t *place = json_object_get(json_array_get(waiters, 0), "place");
  json_object_set_new(reply, "holders", holders_of(seen));
  json_object_set_new(reply, "place", place == NULL ? json_integer(0) : json_incref(place));
  json_decref(waiters);
  repolock_snapshot_free(seen);
  return reply;
}

static json_t *result_of(struct waiting *wait) {
  const repolock_status_t status = repolock_op_status(wait->op);
  json_t *reply = status == REPOLOCK_OK ? won(wait) : refused(wait->op, status);
  repolock_op_free(wait->op);
  return reply;
}

static void is_done(const repolock_event_t *event, void *user_data) {
  struct waiting *wait = user_data;
  (void)event;
  leave_list(wait);
  json_t *reply = result_of(wait);
  json_object_set_new(reply, "id", json_integer(wait->id));
  say(reply);
}

static void still_waits(const repolock_event_t *event, void *user_data) {
  const struct waiting *wait = user_data;
  say(json_pack("{ss sI ss}", "event", "waiting", "id", wait->id, "message",
                repolock_event_message(event)));
}

static repolock_request_t *how(const json_t *asked) {
  repolock_request_t *request = repolock_request_new();
  const char *holder = text_of(asked, "holder");
  const json_t *repos = json_object_get(asked, "repos");
  repolock_request_set_wait(request, number_of(asked, "wait_ms", 60000));
  repolock_request_set_shared(request, json_is_true(json_object_get(asked, "shared")));
  if (json_object_get(asked, "ttl_ms") != NULL)
    repolock_request_set_ttl(request, number_of(asked, "ttl_ms", 0));
  if (json_object_get(asked, "max_hold_ms") != NULL)
    repolock_request_set_max_hold(request, number_of(asked, "max_hold_ms", 0));
  if (holder != NULL) repolock_request_set_holder(request, holder, strlen(holder));
  for (size_t i = 1; i < json_array_size(repos); ++i) {
    const json_t *repo = json_array_get(repos, i);
    repolock_request_add_repo(request, json_string_value(repo), json_string_length(repo));
  }
  return request;
}

json_t *acquire(const json_t *asked) {
  repolock_client_t *client = client_named(text_of(asked, "client"));
  const json_t *repos = json_object_get(asked, "repos");
  const json_t *first = json_array_get(repos, 0);
  const char *lease = text_of(asked, "lease");
  if (client == NULL || first == NULL || lease == NULL) return invalid("no such client or member");

  repolock_request_t *request = how(asked);
  repolock_op_t *op = NULL;
  const repolock_status_t started = repolock_acquire_start(client, json_string_value(first),
                                                           json_string_length(first), request, &op);
  repolock_request_free(request);
  if (started != REPOLOCK_OK) return status_reply(started, "it was not even begun");

  struct waiting *wait = malloc(sizeof *wait);
  const json_int_t id = number_of(asked, "id", 0);
  *wait = (struct waiting){NULL, id, strdup(lease), json_array_size(repos), op};
  /* Until on_done has returned, is_done waits for the mutex: it frees the op. */
  pthread_mutex_lock(&mutex);
  wait->next = list;
  list = wait;
  repolock_op_on_wait(op, still_waits, wait, NULL);
  const repolock_status_t heard = repolock_op_on_done(op, is_done, wait, free_waiting);
  pthread_mutex_unlock(&mutex);
  if (heard == REPOLOCK_OK) return NULL;

  leave_list(wait); /* the client has ended, and its ops have their status */
  json_t *reply = result_of(wait);
  free_waiting(wait);
  return reply;
}

json_t *cancel(const json_t *request) {
  const json_int_t id = number_of(request, "of", 0);
  pthread_mutex_lock(&mutex);
  for (struct waiting *at = list; at != NULL; at = at->next)
    if (at->id == id) repolock_op_cancel(at->op);
  pthread_mutex_unlock(&mutex);
  return status_reply(REPOLOCK_OK, "");
}
