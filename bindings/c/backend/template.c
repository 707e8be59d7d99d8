/* template.c - a backend to start from: copy it, and let docs/plugins.md tell you what to change.
 *
 *   template:    exclusive locks in the memory of this process, shared by all of its clients */
#include <pthread.h>
#include <repolock/plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct client {
  const repolock_host_api_t *api;
  repolock_host_t *host;
  struct client *next;
};

/* One for each name that was ever locked: it remembers the fence. */
struct lock {
  char repo[REPOLOCK_REPO_SIZE];
  char lease_id[33]; /* of the lease that holds it, or held it last; "": none */
  char holder[257];
  int64_t pid, until_ms; /* until: 0 once it was let go */
  uint64_t fence;
  int32_t previous;     /* as which it was let go: REPOLOCK_PREVIOUS_* */
  struct client *owner; /* NULL once that is closed */
  struct lock *next;
};

/* Clients have a thread each. Held during calls to the host too, which never call back (rule 1). */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct client *clients;
static struct lock *locks;

static struct lock *lock_of(const char *repo) {
  struct lock *lock = locks;
  while (lock != NULL && strcmp(lock->repo, repo) != 0) lock = lock->next;
  if (lock != NULL) return lock;
  lock = calloc(1, sizeof *lock);
  if (lock == NULL) return NULL;
  (void)snprintf(lock->repo, sizeof lock->repo, "%s", repo);
  lock->next = locks;
  return locks = lock;
}

static int is_held_by(const struct lock *lock, const char *lease_id, int64_t now) {
  return now < lock->until_ms && strcmp(lock->lease_id, lease_id) == 0;
}

/* It is free: whoever was told HELD may ask again. */
static void let_go(struct lock *lock, int32_t previous) {
  lock->until_ms = 0;
  lock->previous = previous;
  for (const struct client *each = clients; each != NULL; each = each->next)
    each->api->wake(each->host, lock->repo);
}

static void acquire(struct client *self, const repolock_backend_request_t *request,
                    struct lock *lock, repolock_grant_t *grant, int64_t now) {
  const repolock_claim_t *claim = request->claims;
  if (now > request->deadline_ms) {
    grant->status = REPOLOCK_E_TIMEOUT;
    return;
  }
  if (!is_held_by(lock, claim->lease_id, now)) { /* else it asks again, and has what it has */
    if (now < lock->until_ms) {
      grant->status = REPOLOCK_E_HELD;
      return;
    }
    if (lock->until_ms != 0) lock->previous = REPOLOCK_PREVIOUS_EXPIRED;
    (void)snprintf(lock->lease_id, sizeof lock->lease_id, "%s", claim->lease_id);
    (void)snprintf(lock->holder, sizeof lock->holder, "%s", request->owner->holder);
    lock->pid = request->owner->pid;
    lock->owner = self;
    lock->until_ms = now + claim->ttl_ms;
    ++lock->fence;
  }
  grant->fence = lock->fence;
  grant->previous = lock->previous;
  grant->valid_until_ms = lock->until_ms;
}

static void change(int32_t kind, const repolock_claim_t *claim, struct lock *lock,
                   repolock_grant_t *grant, int64_t now) {
  if (!is_held_by(lock, claim->lease_id, now)) {
    grant->status = REPOLOCK_E_LOST;
    grant->reason = lock->until_ms == 0 && lock->previous == REPOLOCK_PREVIOUS_BROKEN
                        ? REPOLOCK_LOST_BROKEN
                        : REPOLOCK_LOST_EXPIRED;
  } else if (kind == REPOLOCK_REQUEST_EXTEND) {
    grant->fence = lock->fence;
    grant->valid_until_ms = lock->until_ms = now + claim->ttl_ms;
  } else if (kind == REPOLOCK_REQUEST_RELEASE) {
    let_go(lock, claim->ended ? claim->ended : REPOLOCK_PREVIOUS_RELEASED);
  } else { /* REPOLOCK_REQUEST_BREAK: its holder is told, if it lives in this process */
    if (lock->owner != NULL)
      lock->owner->api->revoked(lock->owner->host, lock->repo, lock->lease_id, REPOLOCK_LOST_BROKEN,
                                "somebody broke the lock");
    let_go(lock, REPOLOCK_PREVIOUS_BROKEN);
  }
}

/* In an array each element has the size that the first one says (rule 5). */
static const repolock_claim_t *claim_at(const repolock_backend_request_t *request, size_t index) {
  return (const void *)((const char *)request->claims + index * request->claims->struct_size);
}

static void submit(void *self, const repolock_backend_request_t *request) {
  struct client *client = self;
  const int64_t now = client->api->now(client->host);
  const int changes = request->kind != REPOLOCK_REQUEST_INSPECT && request->claim_count > 0;
  repolock_grant_t *grants = changes ? calloc(request->claim_count, sizeof *grants) : NULL;
  struct lock *lock = NULL;
  repolock_answer_t answer = {.struct_size = sizeof answer, .status = REPOLOCK_OK};
  repolock_row_t row = {
      .struct_size = sizeof row, .row = REPOLOCK_ROW_HOLDER, .place = -1, .age_ms = -1};

  pthread_mutex_lock(&mutex);
  if (request->kind > REPOLOCK_REQUEST_DIAGNOSE) answer.status = REPOLOCK_E_UNSUPPORTED;
  for (size_t i = 0; i < request->claim_count && answer.status == REPOLOCK_OK; ++i) {
    lock = lock_of(claim_at(request, i)->repo);
    if (lock == NULL || (changes && grants == NULL)) {
      answer.status = REPOLOCK_E_NOMEM;
    } else if (changes) {
      grants[i].struct_size = sizeof grants[i];
      grants[i].inherit_fd = -1;
      if (request->kind == REPOLOCK_REQUEST_ACQUIRE)
        acquire(client, request, lock, &grants[i], now);
      else
        change(request->kind, claim_at(request, i), lock, &grants[i], now);
    }
  }
  answer.grants = grants;
  answer.grant_count = changes && answer.status == REPOLOCK_OK ? request->claim_count : 0;
  if (lock != NULL && now < lock->until_ms) { /* who holds it: for inspect, and for whoever waits */
    row.repo = lock->repo;
    row.lease_id = lock->lease_id;
    row.holder = lock->holder;
    row.pid = lock->pid;
    row.fence = (int64_t)lock->fence;
    row.remaining_ms = lock->until_ms - now;
    answer.rows = &row;
    answer.row_count = 1;
  }
  client->api->answer(client->host, request->id, &answer);
  pthread_mutex_unlock(&mutex);
  free(grants);
}

/* Each request was answered inside submit. */
static void cancel(void *self, uint64_t request_id) {
  (void)self, (void)request_id;
}

static repolock_status_t open_client(const repolock_host_api_t *api, repolock_host_t *host,
                                     const repolock_open_params_t *params, void **self, char *err,
                                     size_t err_size) {
  struct client *client = calloc(1, sizeof *client);
  if (client == NULL) return REPOLOCK_E_NOMEM;
  if (strcmp(params->url, "template:") != 0 || params->option_count > 0) {
    (void)snprintf(err, err_size, "\"%.99s\" is not known: write template: and no option of it",
                   params->option_count > 0 ? params->keys[0] : params->url);
    free(client);
    return REPOLOCK_E_INVALID;
  }
  client->api = api;
  client->host = host;
  pthread_mutex_lock(&mutex);
  client->next = clients;
  clients = client;
  pthread_mutex_unlock(&mutex);
  *self = client;
  return REPOLOCK_OK;
}

static void close_client(void *self) {
  struct client **link = &clients;
  pthread_mutex_lock(&mutex);
  while (*link != self) link = &(*link)->next;
  *link = (*link)->next;
  for (struct lock *lock = locks; lock != NULL; lock = lock->next)
    if (lock->owner == self) lock->owner = NULL; /* what it holds ends by its ttl */
  pthread_mutex_unlock(&mutex);
  free(self);
}

/* No CAN_WAIT: there is no queue. The library asks again, and at once after a wake. */
enum {
  CAPABILITIES =
      REPOLOCK_CAN_FENCE | REPOLOCK_CAN_FENCE_STRICT | REPOLOCK_CAN_INSPECT | REPOLOCK_CAN_BREAK
};

__attribute__((visibility("default"))) const repolock_backend_api_t *repolock_plugin_init(
    const repolock_host_api_t *host, uint32_t wanted_abi) {
  static const repolock_backend_api_t table = {
      sizeof table, REPOLOCK_PLUGIN_ABI, "template", "1.0", CAPABILITIES, open_client, submit,
      cancel,       close_client,        NULL};
  (void)host;
  return wanted_abi == REPOLOCK_PLUGIN_ABI ? &table : NULL;
}
