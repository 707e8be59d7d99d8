#define _POSIX_C_SOURCE 200809L
#include "handles.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A list that knows nothing of what it names: few are alive at once. */
struct named {
  struct named *next;
  char *name;
  void *handle;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* of both */
static struct named *clients, *leases;

static void *take(struct named **list, const char *name) {
  for (struct named **at = list; name != NULL && *at != NULL; at = &(*at)->next) {
    if (strcmp((*at)->name, name) != 0) continue;
    struct named *found = *at;
    void *handle = found->handle;
    *at = found->next;
    free(found->name);
    free(found);
    return handle;
  }
  return NULL;
}

static void *keep(struct named **list, const char *name, void *handle) {
  struct named *entry = malloc(sizeof *entry);
  pthread_mutex_lock(&mutex);
  void *before = take(list, name);
  *entry = (struct named){*list, strdup(name), handle};
  *list = entry;
  pthread_mutex_unlock(&mutex);
  return before;
}

static void *find(struct named *const *list, const char *name) {
  void *handle = NULL;
  pthread_mutex_lock(&mutex);
  for (const struct named *at = *list; name != NULL && at != NULL; at = at->next)
    if (strcmp(at->name, name) == 0) handle = at->handle;
  pthread_mutex_unlock(&mutex);
  return handle;
}

static void *forget(struct named **list, const char *name) {
  pthread_mutex_lock(&mutex);
  void *handle = take(list, name);
  pthread_mutex_unlock(&mutex);
  return handle;
}

void keep_client(const char *name, repolock_client_t *client) {
  repolock_client_free(keep(&clients, name, client));
}

void keep_lease(const char *name, repolock_lease_t *lease) {
  repolock_lease_free(keep(&leases, name, lease));
}

repolock_client_t *client_named(const char *name) {
  return find(&clients, name);
}

repolock_lease_t *lease_named(const char *name) {
  return find(&leases, name);
}

int forget_client(const char *name) {
  repolock_client_t *client = forget(&clients, name);
  repolock_client_free(client);
  return client != NULL;
}

int forget_lease(const char *name) {
  repolock_lease_t *lease = forget(&leases, name);
  repolock_lease_free(lease);
  return lease != NULL;
}

void forget_all(void) {
  for (const struct named *at = clients; at != NULL; at = at->next)
    repolock_shutdown(at->handle, 0);
  while (leases != NULL) forget_lease(leases->name);
  while (clients != NULL) forget_client(clients->name);
}
