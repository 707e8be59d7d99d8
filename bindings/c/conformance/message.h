/* message.h - what the agent says: replies and events, an object of JSON each. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <jansson.h>
#include <repolock/repolock.h>

/* Writes it as one line, whole, from any thread, and frees it. */
void say(json_t *line);

/* {"status": its name, "message": message} */
json_t *status_reply(repolock_status_t status, const char *message);
json_t *invalid(const char *message);

/* The rows of a snapshot; NULL has none. */
json_t *holders_of(const repolock_snapshot_t *snapshot);
json_t *waiters_of(const repolock_snapshot_t *snapshot);

/* A member of a request. A text that is not there is NULL. */
const char *text_of(const json_t *request, const char *key);
int64_t number_of(const json_t *request, const char *key, int64_t otherwise);

#endif
