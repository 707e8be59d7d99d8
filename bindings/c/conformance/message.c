#include "message.h"

#include <pthread.h>
#include <stdio.h>

void say(json_t *line) {
  static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&one_at_a_time);
  json_dumpf(line, stdout, JSON_COMPACT);
  putchar('\n');
  fflush(stdout);
  pthread_mutex_unlock(&one_at_a_time);
  json_decref(line);
}

json_t *status_reply(repolock_status_t status, const char *message) {
  const char *name = status == REPOLOCK_OK ? "OK" : repolock_status_name(status);
  return json_pack("{ss ss}", "status", name, "message", message);
}

json_t *invalid(const char *message) {
  return status_reply(REPOLOCK_E_INVALID, message);
}

json_t *holders_of(const repolock_snapshot_t *snapshot) {
  json_t *rows = json_array();
  for (size_t row = 0; row < repolock_snapshot_size(snapshot); ++row) {
    if (repolock_snapshot_number(snapshot, row, REPOLOCK_NUMBER_ROW) != REPOLOCK_ROW_HOLDER)
      continue;
    json_array_append_new(
        rows,
        json_pack("{ss sI sb ss}", "holder",
                  repolock_snapshot_text(snapshot, row, REPOLOCK_TEXT_HOLDER), "fence",
                  (json_int_t)repolock_snapshot_number(snapshot, row, REPOLOCK_NUMBER_FENCE),
                  "shared", repolock_snapshot_number(snapshot, row, REPOLOCK_NUMBER_SHARED) == 1,
                  "lease_id", repolock_snapshot_text(snapshot, row, REPOLOCK_TEXT_LEASE_ID)));
  }
  return rows;
}

json_t *waiters_of(const repolock_snapshot_t *snapshot) {
  json_t *rows = json_array();
  for (size_t row = 0; row < repolock_snapshot_size(snapshot); ++row) {
    if (repolock_snapshot_number(snapshot, row, REPOLOCK_NUMBER_ROW) != REPOLOCK_ROW_WAITER)
      continue;
    json_array_append_new(
        rows,
        json_pack("{ss sI}", "holder", repolock_snapshot_text(snapshot, row, REPOLOCK_TEXT_HOLDER),
                  "place",
                  (json_int_t)repolock_snapshot_number(snapshot, row, REPOLOCK_NUMBER_PLACE)));
  }
  return rows;
}

const char *text_of(const json_t *request, const char *key) {
  return json_string_value(json_object_get(request, key));
}

int64_t number_of(const json_t *request, const char *key, int64_t otherwise) {
  const json_t *value = json_object_get(request, key);
  return json_is_integer(value) ? json_integer_value(value) : otherwise;
}
