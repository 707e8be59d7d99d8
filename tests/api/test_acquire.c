/* The simple calls: acquire, extend, release, shutdown. (with_lock: test_with_lock.c.) */
#include "redis_place.h"

static repolock_status_t try_lock(repolock_client_t *client, const char *repo, int64_t wait_ms,
                                  char *err, size_t err_size) {
  repolock_request_t *request = new_request(1000, wait_ms);
  repolock_lease_t *lease = NULL;
  const repolock_status_t status =
      repolock_acquire(client, NAME(repo), request, &lease, err, err_size);
  repolock_request_free(request);
  if (status == REPOLOCK_OK)
    repolock_lease_free(lease);
  else
    assert_null(lease); /* an output is written on success only */
  return status;
}

/* Somebody else's lock, with a text that is more than ASCII. */
static repolock_lease_t *lock_as_zurich(repolock_client_t *client, const char *repo) {
  repolock_request_t *request = repolock_request_new();
  repolock_request_set_holder(request, NAME("job Z\xc3\xbcrich \xe2\x82\xac\xf0\x9f\x94\x92"));
  repolock_lease_t *lease = lock_as(client, repo, request);
  repolock_request_free(request);
  return lease;
}

static void a_pair(void **state) {
  char err[] = "untouched";
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = NULL;
  assert_status(repolock_acquire(client, NAME("owner/name"), NULL, &lease, err, sizeof err),
                REPOLOCK_OK);
  assert_string_equal(err, "untouched");
  assert_status(repolock_lease_status(lease), REPOLOCK_OK);
  assert_false(is_free(client, "owner/name"));
  assert_status(repolock_release(lease), REPOLOCK_OK);
  assert_true(is_free(client, "owner/name"));
  repolock_lease_free(lease);
  close_client(client);
}

static void two_spellings_are_one_lock(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "https://github.com/Owner/Name.git");
  assert_false(is_free(client, "owner/name"));
  assert_false(is_free(client, "git@github.com:owner/name"));
  assert_true(is_free(client, "https://gitlab.com/owner/name"));
  unlock(lease);
  close_client(client);
}

/* Wait 0: no waiting; the sentence names the repository, its holder and what to do. */
static void held(void **state) {
  char err[REPOLOCK_ERR_SIZE] = "";
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock_as_zurich(client, "a/b");
  char pid[32];
  snprintf(pid, sizeof pid, "pid %d", (int)getpid());
  assert_status(try_lock(client, "a/b", 0, err, sizeof err), REPOLOCK_E_HELD);
  assert_contains(err, "a/b");
  assert_contains(err, "job Z\xc3\xbcrich");
  assert_contains(err, pid);
  assert_contains(err, "try again");
  assert_int_equal(repolock_status_is_retryable(REPOLOCK_E_HELD), 1);
  unlock(lease);
  close_client(client);
}

static void timed_out(void **state) {
  char err[REPOLOCK_ERR_SIZE] = "";
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock_as_zurich(client, "a/b");
  repolock_op_t *before = start_lock(client, "a/b", NULL);
  await_waiters(client, "a/b", 1);
  assert_status(try_lock(client, "a/b", 300, err, sizeof err), REPOLOCK_E_TIMEOUT);
  assert_contains(err, "a/b");
  assert_contains(err, "job Z\xc3\xbcrich");
  assert_contains(err, "not free within");
  assert_contains(err, "1 ahead of you");
  repolock_op_free(before);
  unlock(lease);
  close_client(client);
}

/* A machine that is slow for a moment: who waits a little is told the truth, as who does not wait. */
static void a_short_wait_is_no_worse_than_none(void **state) {
  repolock_client_t *client = open_client(*state);
  suffer(*state, "delay=acquire:30*2");
  assert_status(try_lock(client, "a/b", 0, NULL, 0), REPOLOCK_OK);
  suffer(*state, "expire");
  assert_status(try_lock(client, "a/b", 5, NULL, 0), REPOLOCK_E_TIMEOUT);
  assert_true(is_free(client, "a/b"));
  close_client(client);
}

static bool is_whole_utf8(const char *text) {
  for (const unsigned char *at = (const unsigned char *)text; *at != '\0';) {
    const int size = *at < 0x80 ? 1 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;
    for (int more = 1; more < size; ++more)
      if ((at[more] & 0xc0) != 0x80) return false;
    at += size;
  }
  return true;
}

/* Wherever err ends, it ends in NUL and in a whole character. */
static void err_is_cut_between_characters(void **state) {
  char whole[REPOLOCK_ERR_SIZE] = "", cut[REPOLOCK_ERR_SIZE];
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock_as_zurich(client, "a/b");
  assert_status(try_lock(client, "a/b", 0, whole, sizeof whole), REPOLOCK_E_HELD);
  assert_contains(whole, "\xf0\x9f\x94\x92");
  const size_t interesting = (size_t)(strstr(whole, "\x94\x92") - whole) + 4;
  for (size_t size = 1; size < interesting; ++size) {
    memset(cut, '#', sizeof cut);
    assert_status(try_lock(client, "a/b", 0, cut, size), REPOLOCK_E_HELD);
    assert_int_equal(cut[size], '#');
    assert_true(strlen(cut) < size && strlen(cut) + 4 >= size);
    assert_memory_equal(cut, whole, strlen(cut));
    assert_true(is_whole_utf8(cut));
  }
  cut[0] = '#';
  assert_status(try_lock(client, "a/b", 0, cut, 0), REPOLOCK_E_HELD);
  assert_int_equal(cut[0], '#');
  assert_status(try_lock(client, "a/b", 0, NULL, 0), REPOLOCK_E_HELD);
  unlock(lease);
  close_client(client);
}

static void *release_when_one_waits(void *lease) {
  repolock_lease_t **both = lease;
  repolock_client_t *client = (repolock_client_t *)both[1];
  await_waiters(client, "a/b", 1);
  repolock_release(both[0]);
  return NULL;
}

static void a_waiter_gets_it_when_it_is_released(void **state) {
  repolock_client_t *first = open_client(*state), *second = open_client(*state);
  void *both[] = {lock(first, "a/b"), first};
  const uint64_t fence = repolock_lease_fence(both[0]);
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, release_when_one_waits, both), 0);
  repolock_lease_t *lease = lock(second, "a/b");
  assert_true(repolock_lease_fence(lease) > fence);
  assert_int_equal(repolock_lease_previous(lease), REPOLOCK_PREVIOUS_RELEASED);
  pthread_join(thread, NULL);
  repolock_lease_free(both[0]);
  unlock(lease);
  close_client(first);
  close_client(second);
}

static void fences_grow(void **state) {
  repolock_client_t *clients[] = {open_client(*state), open_client(*state)};
  uint64_t last = 0;
  for (int i = 0; i < 50; ++i) {
    repolock_lease_t *lease = lock(clients[i % 2], "a/b");
    const uint64_t fence = repolock_lease_fence(lease);
    assert_true(fence > last && fence < UINT64_C(1) << 53);
    last = fence;
    unlock(lease);
  }
  close_client(clients[0]);
  close_client(clients[1]);
}

/* A request is a value: for many acquisitions, of any client, gone before they end. */
static void a_request_is_copied(void **state) {
  repolock_client_t *first = open_client(*state), *second = open_client(*state);
  repolock_request_t *request = new_request(5000, 0);
  repolock_request_set_holder(request, NAME("the job"));
  repolock_lease_t *lease = lock_as(first, "a/b", request);
  repolock_lease_t *other = lock_as(second, "a/c", request);
  repolock_request_set_wait(request, -1);
  repolock_op_t *op = start_lock(second, "a/b", request);
  repolock_request_set_wait(request, 0);
  repolock_request_free(request);
  repolock_request_free(NULL);
  await_waiters(first, "a/b", 1);
  unlock(lease);
  unlock(take(op));
  unlock(other);
  close_client(first);
  close_client(second);
}

/* Every call of a second release gets what the first one got. */
static void release_joins_the_first(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  assert_status(repolock_release(lease), REPOLOCK_OK);
  unlock(lock(client, "a/b")); /* somebody else has had it since */
  assert_status(repolock_release(lease), REPOLOCK_OK);
  assert_status(repolock_lease_status(lease), REPOLOCK_E_INVALID);
  assert_true(repolock_lease_remaining_ms(lease) == 0);
  assert_status(repolock_extend(lease, 1000), REPOLOCK_E_INVALID);
  repolock_lease_free(lease);
  close_client(client);
}

static void release_of_what_was_lost(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  suffer(*state, "break");
  assert_status(repolock_extend(lease, 1000), REPOLOCK_E_LOST);
  assert_status(repolock_release(lease), REPOLOCK_E_LOST);
  assert_status(repolock_release(lease), REPOLOCK_E_LOST);
  repolock_lease_free(lease);
  close_client(client);
}

static void extend_counts_from_here_on(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_request_t *request = new_request(2000, 0);
  repolock_request_set_renew(request, 0);
  repolock_lease_t *lease = lock_as(client, "a/b", request);
  repolock_request_free(request);
  if (is_file(*state)) {
    assert_status(repolock_extend(lease, 30000), REPOLOCK_OK);
    assert_true(repolock_lease_remaining_ms(lease) == INT64_MAX);
  } else {
    assert_true(repolock_lease_remaining_ms(lease) <= 2000);
    assert_status(repolock_extend(lease, 30000), REPOLOCK_OK);
    assert_true(repolock_lease_remaining_ms(lease) > 2000);
    assert_true(repolock_lease_remaining_ms(lease) <= 30000);
    assert_status(repolock_extend(lease, 2000), REPOLOCK_OK);
    assert_true(repolock_lease_remaining_ms(lease) <= 2000);
  }
  unlock(lease);
  close_client(client);
}

/* After it nothing starts, and children say so. */
static void shutdown_ends_all(void **state) {
  char err[REPOLOCK_ERR_SIZE] = "";
  repolock_client_t *client = open_client(*state);
  unlock(lock(client, "a/b"));
  assert_status(repolock_shutdown(client, 0), REPOLOCK_OK);
  assert_status(try_lock(client, "a/b", 0, err, sizeof err), REPOLOCK_E_SHUTDOWN);
  assert_contains(err, "open a new one");
  repolock_client_free(client);
}

static void null_is_invalid(void **state) {
  char err[REPOLOCK_ERR_SIZE] = "";
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = NULL;
  assert_status(repolock_acquire(NULL, NAME("a/b"), NULL, &lease, err, sizeof err),
                REPOLOCK_E_INVALID);
  assert_contains(err, "NULL");
  assert_status(repolock_acquire(client, NULL, 3, NULL, &lease, err, sizeof err),
                REPOLOCK_E_INVALID);
  assert_status(repolock_acquire(client, NAME("a/b"), NULL, NULL, err, sizeof err),
                REPOLOCK_E_INVALID);
  assert_null(lease);
  assert_status(repolock_extend(NULL, 1000), REPOLOCK_E_INVALID);
  assert_status(repolock_release(NULL), REPOLOCK_E_INVALID);
  assert_status(repolock_shutdown(NULL, 0), REPOLOCK_E_INVALID);
  repolock_request_set_ttl(NULL, 1);
  repolock_request_set_wait(NULL, 1);
  repolock_request_set_max_hold(NULL, 1);
  repolock_request_set_shared(NULL, 1);
  repolock_request_set_holder(NULL, "x", 1);
  repolock_request_set_renew(NULL, 1);
  repolock_request_add_repo(NULL, "x", 1);
  close_client(client);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_EACH(a_pair),
      ON_EACH(two_spellings_are_one_lock),
      ON_EACH(held),
      ON_EACH(timed_out),
      ON_MEMORY(a_short_wait_is_no_worse_than_none),
      ON_EACH(err_is_cut_between_characters),
      ON_EACH(a_waiter_gets_it_when_it_is_released),
      ON_EACH(fences_grow),
      ON_EACH(a_request_is_copied),
      ON_EACH(release_joins_the_first),
      ON_MEMORY(release_of_what_was_lost),
      ON_EACH(extend_counts_from_here_on),
      ON_EACH(shutdown_ends_all),
      ON_EACH(null_is_invalid),
  };
  return RUN(tests);
}
