/* news.h - a listener that keeps what it is told, and lets a test wait for it.
 *
 *   struct news *news = new_news();
 *   repolock_op_on_done(op, hear, news, hear_no_more);
 *   assert_int_equal(await_news(news, 1)->status, REPOLOCK_OK);
 *   await_end(news, 1);
 *   free_news(news);
 */
#ifndef REPOLOCK_TESTS_NEWS_H
#define REPOLOCK_TESTS_NEWS_H

#include "api.h"

struct told {
  int32_t kind, level;
  repolock_status_t status;
  void *user_data;
  pthread_t thread;
  char message[REPOLOCK_ERR_SIZE];
  char repo[64], reason[32], event[64]; /* fields */
};

struct news {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  struct told told[64]; /* the first ones */
  size_t count;
  int ends; /* calls of free_user_data */
  pthread_t ended_on;
  bool told_after_end;
};

static inline struct news *new_news(void) {
  struct news *news = calloc(1, sizeof *news);
  assert_non_null(news);
  pthread_mutex_init(&news->mutex, NULL);
  pthread_cond_init(&news->changed, NULL);
  return news;
}

static inline void free_news(struct news *news) {
  pthread_cond_destroy(&news->changed);
  pthread_mutex_destroy(&news->mutex);
  free(news);
}

static inline void copy_field(const repolock_event_t *event, const char *wanted, char *out,
                              size_t size) {
  const char *key, *value;
  for (size_t index = 0; repolock_event_field(event, index, &key, &value) == REPOLOCK_OK; ++index)
    if (strcmp(key, wanted) == 0) snprintf(out, size, "%s", value);
}

static inline struct told read_event(const repolock_event_t *event) {
  struct told told;
  memset(&told, 0, sizeof told);
  told.kind = repolock_event_kind(event);
  told.level = repolock_event_level(event);
  told.status = repolock_event_status(event);
  told.user_data = repolock_event_user_data(event);
  told.thread = pthread_self();
  snprintf(told.message, sizeof told.message, "%s", repolock_event_message(event));
  copy_field(event, "repo", told.repo, sizeof told.repo);
  copy_field(event, "reason", told.reason, sizeof told.reason);
  copy_field(event, "event", told.event, sizeof told.event);
  return told;
}

static inline void hear(const repolock_event_t *event, void *user_data) {
  struct news *news = user_data;
  const struct told told = read_event(event);
  pthread_mutex_lock(&news->mutex);
  if (news->count < sizeof news->told / sizeof news->told[0]) news->told[news->count] = told;
  ++news->count;
  if (news->ends != 0) news->told_after_end = true;
  pthread_cond_broadcast(&news->changed);
  pthread_mutex_unlock(&news->mutex);
}

static inline void hear_no_more(void *user_data) {
  struct news *news = user_data;
  pthread_mutex_lock(&news->mutex);
  ++news->ends;
  news->ended_on = pthread_self();
  pthread_cond_broadcast(&news->changed);
  pthread_mutex_unlock(&news->mutex);
}

/* The newest of what was told, once there are so many. */
static inline const struct told *await_news(struct news *news, size_t count) {
  pthread_mutex_lock(&news->mutex);
  while (news->count < count) pthread_cond_wait(&news->changed, &news->mutex);
  const struct told *told = &news->told[news->count - 1];
  pthread_mutex_unlock(&news->mutex);
  return told;
}

/* Told so often and no more, then ended once, on the thread that told it. */
static inline void await_end(struct news *news, size_t count) {
  pthread_mutex_lock(&news->mutex);
  while (news->ends == 0) pthread_cond_wait(&news->changed, &news->mutex);
  const bool same_thread = count == 0 || pthread_equal(news->ended_on, news->told[0].thread);
  pthread_mutex_unlock(&news->mutex);
  assert_int_equal(news->count, count);
  assert_int_equal(news->ends, 1);
  assert_true(same_thread);
  assert_false(pthread_equal(news->ended_on, pthread_self()));
}

static inline size_t count_of(struct news *news) {
  pthread_mutex_lock(&news->mutex);
  const size_t count = news->count;
  pthread_mutex_unlock(&news->mutex);
  return count;
}

/* Lets all that a client has told, or was to tell, by now come through: its thread takes things in
 * order. */
static inline void settle(repolock_client_t *client) {
  repolock_op_t *op = NULL;
  assert_status(repolock_diagnose_start(client, &op), REPOLOCK_OK);
  assert_status(repolock_op_wait(op, -1), REPOLOCK_OK);
  repolock_op_free(op);
}

#endif
