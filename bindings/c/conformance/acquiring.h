/* acquiring.h - acquisitions under way: answered by a callback, as many as the driver likes. */
#ifndef ACQUIRING_H
#define ACQUIRING_H

#include <jansson.h>

/* NULL: the answer comes later; else it is the answer. */
json_t *acquire(const json_t *request);
json_t *cancel(const json_t *request);

#endif
