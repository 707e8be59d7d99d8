/* A client: what it promises, and how it goes, before its children or after them. */
#include "news.h"
#include "redis_place.h"

#include <dirent.h>

static void promises(void **state) {
  const struct place *place = *state;
  repolock_client_t *client = open_client(place);
  const uint64_t both = REPOLOCK_CAN_FIFO | REPOLOCK_CAN_FENCE | REPOLOCK_CAN_SHARE |
                        REPOLOCK_CAN_SEVERAL | REPOLOCK_CAN_INSPECT | REPOLOCK_CAN_LIST |
                        REPOLOCK_CAN_BREAK;
  const uint64_t file_only = REPOLOCK_CAN_EXCLUDE_STRICT | REPOLOCK_CAN_CRASH_RELEASE;
  const uint64_t can = repolock_client_capabilities(client);
  assert_true((can & both) == both);
  assert_true((can & file_only) == (is_file(place) ? file_only : 0));
  assert_true(can < 1024); /* nothing that the header does not name */
  assert_true(repolock_client_capabilities(NULL) == 0);
  close_client(client);
}

static void without_a_config_all_is_default(void **state) {
  (void)state;
  char err[REPOLOCK_ERR_SIZE] = "untouched";
  repolock_client_t *client = NULL;
  assert_status(repolock_client_open(NULL, &client, err, sizeof err), REPOLOCK_OK);
  assert_string_equal(err, "untouched");
  assert_true(repolock_client_capabilities(client) & REPOLOCK_CAN_CRASH_RELEASE); /* file: */
  close_client(client);
}

static void open_wants_a_place_for_its_result(void **state) {
  (void)state;
  char err[REPOLOCK_ERR_SIZE] = "";
  assert_status(repolock_client_open(NULL, NULL, err, sizeof err), REPOLOCK_E_INVALID);
  assert_contains(err, "NULL");
  repolock_client_free(NULL);
  repolock_client_heartbeat(NULL);
}

static void two_clients_of_one_place_exclude_each_other(void **state) {
  repolock_client_t *first = open_client(*state), *second = open_client(*state);
  repolock_lease_t *lease = lock(first, "a/b");
  assert_false(is_free(second, "a/b"));
  assert_true(is_free(second, "a/c"));
  unlock(lease);
  assert_true(is_free(second, "a/b"));
  close_client(first);
  close_client(second);
}

static void memory_without_a_name_is_of_one_client(void **state) {
  (void)state;
  const struct place place = {.url = "memory:"};
  repolock_client_t *first = open_client(&place), *second = open_client(&place);
  repolock_lease_t *lease = lock(first, "a/b");
  assert_true(is_free(second, "a/b"));
  unlock(lease);
  close_client(first);
  close_client(second);
}

/* A client that was freed ends by itself, soon: from then on nobody is told anything. */
static void await_the_end(repolock_lease_t *lease) {
  for (repolock_status_t status = REPOLOCK_OK; status != REPOLOCK_E_SHUTDOWN;) {
    repolock_op_t *op = NULL;
    assert_status(repolock_extend_start(lease, 1000, &op), REPOLOCK_OK);
    status = repolock_op_on_done(op, NULL, NULL, NULL);
    repolock_op_free(op);
  }
}

/* Children outlive their client, and then say E_SHUTDOWN. */
static void children_outlive_it(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  repolock_op_t *waiter = start_lock(client, "a/b", NULL);
  repolock_client_free(client);
  await_the_end(lease);

  assert_status(repolock_op_wait(waiter, -1), REPOLOCK_E_SHUTDOWN);
  assert_contains(repolock_op_message(waiter), "a/b");
  repolock_lease_t *none = NULL;
  assert_status(repolock_op_take_lease(waiter, &none), REPOLOCK_E_INVALID);
  repolock_op_cancel(waiter);
  assert_status(repolock_op_status(waiter), REPOLOCK_E_SHUTDOWN);

  assert_status(repolock_extend(lease, 1000), REPOLOCK_E_SHUTDOWN);
  assert_status(repolock_lease_status(lease), REPOLOCK_E_SHUTDOWN);
  assert_string_not_equal(repolock_lease_message(lease), "");
  assert_true(repolock_lease_fence(lease) > 0);
  assert_int_equal(strlen(repolock_lease_id(lease)), 32);
  assert_status(repolock_lease_on_lost(lease, hear, NULL, NULL), REPOLOCK_E_SHUTDOWN);
  assert_status(repolock_op_on_done(waiter, hear, NULL, NULL), REPOLOCK_E_SHUTDOWN);
  assert_status(repolock_op_on_wait(waiter, hear, NULL, NULL), REPOLOCK_E_SHUTDOWN);

  repolock_op_t *late = NULL;
  assert_status(repolock_extend_start(lease, 1000, &late), REPOLOCK_OK);
  assert_status(repolock_op_wait(late, -1), REPOLOCK_E_SHUTDOWN);
  repolock_op_free(late);
  assert_status(repolock_release(lease), REPOLOCK_E_SHUTDOWN);
  repolock_lease_free(lease);
  repolock_op_free(waiter);
}

/* Without a shutdown before: who waits and who holds is told. */
static void freed_it_tells_its_children(void **state) {
  struct news *waits = new_news(), *holds = new_news();
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  repolock_op_t *waiter = start_lock(client, "a/b", NULL);
  assert_status(repolock_lease_on_lost(lease, hear, holds, hear_no_more), REPOLOCK_OK);
  assert_status(repolock_op_on_done(waiter, hear, waits, hear_no_more), REPOLOCK_OK);
  repolock_client_free(client);

  await_end(waits, 1);
  assert_int_equal(waits->told[0].kind, REPOLOCK_EVENT_DONE);
  assert_status(waits->told[0].status, REPOLOCK_E_SHUTDOWN);
  await_end(holds, 1);
  assert_int_equal(holds->told[0].kind, REPOLOCK_EVENT_LOST);
  assert_status(holds->told[0].status, REPOLOCK_E_SHUTDOWN);
  assert_string_equal(holds->told[0].reason, "shutdown");
  assert_string_equal(holds->told[0].repo, "a/b");
  repolock_lease_free(lease);
  repolock_op_free(waiter);
  free_news(waits);
  free_news(holds);
}

/* Nobody knows whether the work has stopped: what was held ends by its ttl, not before. */
static void what_it_held_ends_by_its_ttl(void **state) {
  repolock_client_t *first = open_client(*state), *second = open_client(*state);
  repolock_lease_t *lease = lock_for(first, "a/b", 1000);
  repolock_client_free(first);
  assert_false(is_free(second, "a/b"));
  unlock(lock(second, "a/b"));
  repolock_lease_free(lease);
  close_client(second);
}

/* Each way of freeing three that belong together. */
static void handles_go_in_any_order(void **state) {
  static const char *orders[] = {"col", "clo", "ocl", "olc", "lco", "loc"};
  for (size_t i = 0; i < sizeof orders / sizeof orders[0]; ++i) {
    repolock_client_t *client = open_client(*state);
    repolock_op_t *op = start_lock(client, "a/b", NULL);
    repolock_lease_t *lease = NULL;
    assert_status(repolock_op_wait(op, -1), REPOLOCK_OK);
    assert_status(repolock_op_take_lease(op, &lease), REPOLOCK_OK);
    assert_status(repolock_release(lease), REPOLOCK_OK);
    for (const char *one = orders[i]; *one != '\0'; ++one) {
      if (*one == 'c') repolock_client_free(client);
      if (*one == 'o') repolock_op_free(op);
      if (*one == 'l') repolock_lease_free(lease);
    }
  }
}

static int entries_of(const char *path) {
  int count = 0;
  DIR *directory = opendir(path);
  assert_non_null(directory);
  while (readdir(directory) != NULL) ++count;
  closedir(directory);
  return count;
}

static int threads_at_first;

static void *nothing(void *data) {
  return data;
}

/* After a first one: a sanitizer starts its own with that. */
static int count_threads(void **state) {
  pthread_t thread;
  (void)state;
  pthread_create(&thread, NULL, nothing, NULL);
  pthread_join(thread, NULL);
  threads_at_first = entries_of("/proc/self/task");
  return 0;
}

/* Threads and descriptors go with the client, though the last of them after the call. */
static void nothing_is_left_behind(void **state) {
  close_client(open_client(*state));
  while (entries_of("/proc/self/task") > threads_at_first) usleep(1000);
  const int descriptors = entries_of("/proc/self/fd");
  repolock_request_t *request = new_request(100, -1); /* a lease that is left ends so soon */
  for (int i = 0; i < 50; ++i) {
    repolock_client_t *client = open_client(*state);
    repolock_op_t *op = start_lock(client, "a/b", request);
    if (i % 2 == 0) assert_status(repolock_shutdown(client, 0), REPOLOCK_OK);
    repolock_client_free(client);
    repolock_op_free(op);
  }
  while (entries_of("/proc/self/task") > threads_at_first) usleep(1000);
  while (entries_of("/proc/self/fd") > descriptors) usleep(1000);
  repolock_request_free(request);
}

struct parts {
  repolock_client_t *client;
  repolock_op_t *op;
  struct news *news;
};

static void free_all(const repolock_event_t *event, void *user_data) {
  struct parts *parts = user_data;
  repolock_op_free(parts->op);
  repolock_client_free(parts->client);
  hear(event, parts->news); /* it is there for the whole call */
}

static void all_gone(void *user_data) {
  hear_no_more(((struct parts *)user_data)->news);
}

/* Also from a callback of their own. */
static void a_callback_frees_client_and_op(void **state) {
  struct parts parts = {open_client(*state), NULL, new_news()};
  repolock_lease_t *lease = lock(parts.client, "a/b");
  parts.op = start_lock(parts.client, "a/b", NULL);
  assert_status(repolock_op_on_done(parts.op, free_all, &parts, all_gone), REPOLOCK_OK);
  repolock_op_cancel(parts.op);
  await_end(parts.news, 1);
  assert_status(parts.news->told[0].status, REPOLOCK_E_CANCELED);
  assert_contains(parts.news->told[0].message, "a/b");
  repolock_lease_free(lease);
  free_news(parts.news);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_EACH(nothing_is_left_behind), /* first: some others leave a lease to its ttl */
      /* first: some of the others leave a lease, and with it a thread, to its ttl */
      ON_EACH(promises),
      cmocka_unit_test(without_a_config_all_is_default),
      cmocka_unit_test(open_wants_a_place_for_its_result),
      ON_EACH(two_clients_of_one_place_exclude_each_other),
      cmocka_unit_test(memory_without_a_name_is_of_one_client),
      ON_EACH(children_outlive_it),
      ON_EACH(freed_it_tells_its_children),
      ON_EACH(what_it_held_ends_by_its_ttl),
      ON_EACH(handles_go_in_any_order),
      ON_EACH(a_callback_frees_client_and_op),
  };
  return cmocka_run_group_tests(tests, count_threads, NULL);
}
