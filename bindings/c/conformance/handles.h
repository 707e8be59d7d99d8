/* handles.h - the driver's names for what the agent has. */
#ifndef HANDLES_H
#define HANDLES_H

#include <repolock/repolock.h>

/* Keeps it under that name; what had the name before is freed. From any thread. */
void keep_client(const char *name, repolock_client_t *client);
void keep_lease(const char *name, repolock_lease_t *lease);

/* NULL, also as a name: there is none. forget_: free it, and the name too; 0: there is none. */
repolock_client_t *client_named(const char *name);
repolock_lease_t *lease_named(const char *name);
int forget_client(const char *name);
int forget_lease(const char *name);

/* Shuts all clients down: when it returns nobody is told anything any more. Then frees all. */
void forget_all(void);

#endif
