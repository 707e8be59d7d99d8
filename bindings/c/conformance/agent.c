/* agent.c - repolock.h as tests/conformance plays it: a request a line in, its reply a line out. */
#define _POSIX_C_SOURCE 200809L
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "handles.h"
#include "message.h"
#include "verbs.h"

int main(void) {
  char *line = NULL;
  size_t size = 0;
  int result = 0;
  while (result == 0 && getline(&line, &size, stdin) > 0) {
    json_error_t wrong;
    json_t *request = json_loads(line, JSON_ALLOW_NUL, &wrong);
    if (request == NULL) {
      fprintf(stderr, "%s\n", wrong.text);
      result = 1;
      continue;
    }
    json_t *reply = done(request);
    if (reply != NULL) {
      json_object_set(reply, "id", json_object_get(request, "id"));
      say(reply);
    }
    json_decref(request);
  }
  free(line);
  forget_all();
  return result;
}
