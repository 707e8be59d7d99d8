/* verbs.h - what the agent can be told to do. */
#ifndef VERBS_H
#define VERBS_H

#include <jansson.h>

/* The reply, without its id; NULL: it comes later. */
json_t *done(const json_t *request);

#endif
