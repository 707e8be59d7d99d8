/* Bad input, and a backend that fails: a status of its own, words that name the value and the
 * remedy, nothing leaked, and an end in time. */
#include "child.h"
#include "redis_place.h"

#include <sys/stat.h>

static char err[REPOLOCK_ERR_SIZE];

/* The calls are watched: one that takes more than its wait and 2 s hangs. The rest is for a machine
 * that does much else, and ends the test by an alarm. */
static repolock_status_t try_lock(repolock_client_t *client, const char *repo, size_t len,
                                  const repolock_request_t *request, int64_t wait_ms) {
  repolock_lease_t *lease = NULL;
  strcpy(err, "untouched");
  const unsigned left = alarm((unsigned)(wait_ms / 1000) + 2 + 10);
  const repolock_status_t status =
      repolock_acquire(client, repo, len, request, &lease, err, sizeof err);
  alarm(left);
  assert_true((lease != NULL) == (status == REPOLOCK_OK));
  if (lease != NULL) unlock(lease);
  return status;
}

static void names(void **state) {
  static const struct {
    const char *name;
    size_t len;
    const char *named, *remedy;
  } wrong[] = {
      {"", 0, "\"\"", "owner/name"},
      {"../x", 4, "../x", "not a path"},
      {"a/..", 4, "a/..", "not a path"},
      {"nameless", 8, "nameless", "owner/name"},
      {"a/b\0c", 5, "a/b\\x00c", "NUL"},
      {"a\0/b", 4, "a\\x00/b", "NUL"},
      {"a/b c", 5, "a/b c", "allowed are"},
      {"a/b\n", 4, "a/b\\x0a", "allowed are"},
      {"a/\xff", 3, "\\xff", "allowed are"},
      {"a//b", 4, "a//b", "empty segment"},
      {"file:///srv/a/b", 15, "file:///srv", "opaque"},
      {"https://user:secret@/a", 22, "***", "host"},
  };
  repolock_client_t *client = open_client(*state);
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; ++i) {
    assert_status(try_lock(client, wrong[i].name, wrong[i].len, NULL, 0), REPOLOCK_E_INVALID);
    assert_contains(err, wrong[i].named);
    assert_contains(err, wrong[i].remedy);
    assert_null(strstr(err, "secret"));
  }
  char longest[600];
  memset(longest, 'x', sizeof longest);
  for (size_t i = 50; i < sizeof longest; i += 50) longest[i] = '/';
  assert_status(try_lock(client, longest, sizeof longest, NULL, 0), REPOLOCK_E_INVALID);
  assert_contains(err, "512 bytes");
  assert_contains(err, "600 bytes");
  assert_true(stat_of(client, "backend_requests") == 0); /* nothing was sent */
  close_client(client);
}

static void values_of_a_request(void **state) {
  static const struct {
    int64_t ttl, wait, max_hold;
    int32_t shared;
    const char *named, *remedy;
  } wrong[] = {
      {0, 0, 0, 0, "ttl 0 ms", "1 ms"},
      {-1, 0, 0, 0, "ttl -1 ms", "1 ms"},
      {30001, 0, 0, 0, "ttl 30001 ms", "30000"},
      {INT64_MAX, 0, 0, 0, "ttl 9223372036854775807 ms", "max_ttl_ms"},
      {1000, -2, 0, 0, "wait -2 ms", "-1"},
      {1000, INT64_MIN, 0, 0, "wait -9223372036854775808 ms", "-1"},
      {1000, 0, -2, 0, "max_hold -2 ms", "0 for none"},
      {1000, 0, 0, 2, "shared is 2", "1 or 0"},
  };
  repolock_client_t *client = open_client(*state);
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; ++i) {
    repolock_request_t *request = new_request(wrong[i].ttl, wrong[i].wait);
    repolock_request_set_max_hold(request, wrong[i].max_hold);
    repolock_request_set_shared(request, wrong[i].shared);
    assert_status(try_lock(client, NAME("a/b"), request, 0), REPOLOCK_E_INVALID);
    assert_contains(err, wrong[i].named);
    assert_contains(err, wrong[i].remedy);
    repolock_request_free(request);
  }
  close_client(client);
}

static void holder_texts(void **state) {
  char longest[257];
  memset(longest, 'h', sizeof longest);
  const struct {
    const char *text;
    size_t len;
    const char *named, *remedy;
  } wrong[] = {
      {longest, 257, "257 bytes", "256"},
      {"a\0b", 3, "a\\x00b", "one line of UTF-8"},
      {"a\nb", 3, "a\\x0ab", "one line of UTF-8"},
      {"\xc3", 1, "\\xc3", "one line of UTF-8"},
      {"\xe0\x80\x80", 3, "\\xe0", "one line of UTF-8"},
      {"\xed\xa0\x80", 3, "\\xed", "one line of UTF-8"},
      {"\xf5\x80\x80\x80", 4, "\\xf5", "one line of UTF-8"},
  };
  repolock_client_t *client = open_client(*state);
  repolock_request_t *request = new_request(1000, 0);
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; ++i) {
    repolock_request_set_holder(request, wrong[i].text, wrong[i].len);
    assert_status(try_lock(client, NAME("a/b"), request, 0), REPOLOCK_E_INVALID);
    assert_contains(err, "holder");
    assert_contains(err, wrong[i].named);
    assert_contains(err, wrong[i].remedy);
  }
  repolock_request_set_holder(request, longest, 256);
  assert_status(try_lock(client, NAME("a/b"), request, 0), REPOLOCK_OK);
  repolock_request_set_holder(request, NULL, 0);
  assert_status(try_lock(client, NAME("a/b"), request, 0), REPOLOCK_OK);
  repolock_request_free(request);
  close_client(client);
}

static void open_at(const char *url, repolock_status_t expected, const char *named) {
  repolock_config_t *config = repolock_config_new();
  repolock_client_t *client = NULL;
  assert_status(repolock_config_set(config, "backend", url, err, sizeof err), REPOLOCK_OK);
  assert_status(repolock_client_open(config, &client, err, sizeof err), expected);
  assert_null(client);
  assert_contains(err, named);
  repolock_config_free(config);
}

static void places_that_cannot_be(void **state) {
  const struct place *place = *state;
  char url[128];
  open_at("memory:not a name", REPOLOCK_E_INVALID, "not a name");
  open_at("file://elsewhere/locks", REPOLOCK_E_INVALID, "elsewhere");
  snprintf(url, sizeof url, "%s/none/such", place->url);
  open_at(url, REPOLOCK_E_MISCONFIGURED, "/none/such");
  snprintf(url, sizeof url, "%s/file", place->url);
  FILE *file = fopen(url + strlen("file://"), "w");
  assert_non_null(file);
  fclose(file);
  open_at(url, REPOLOCK_E_MISCONFIGURED, "/file");
}

/* A path of many bytes ends the sentence in the middle of it, but not of a character. */
static void a_long_path_is_cut_between_characters(void **state) {
  const struct place *place = *state;
  for (size_t shift = 0; shift < 2; ++shift) {
    char url[2048];
    size_t length = (size_t)snprintf(url, sizeof url, "%s/%s", place->url, shift == 0 ? "" : "x");
    for (; length < 900; length += 2) memcpy(url + length, "\xc3\xa9", 2);
    url[length] = '\0';
    open_at(url, REPOLOCK_E_INVALID, place->directory);
    const size_t end = strlen(err);
    assert_true(end > 400);
    assert_int_equal((unsigned char)err[end - 1], 0xa9); /* the second byte of its last one */
  }
}

/* As a user who has no rights there; root has them everywhere, so it becomes another one. */
static void open_without_rights(void *data) {
  const struct place *place = data;
  repolock_config_t *config = repolock_config_new();
  repolock_client_t *client = NULL;
  CHILD_CHECK(geteuid() != 0 || (setgid(65534) == 0 && setuid(65534) == 0));
  CHILD_CHECK(repolock_config_set(config, "backend", place->url, NULL, 0) == REPOLOCK_OK);
  CHILD_CHECK(repolock_client_open(config, &client, err, sizeof err) == REPOLOCK_E_DENIED);
  CHILD_CHECK(strstr(err, place->directory) != NULL);
  CHILD_CHECK(client == NULL);
  repolock_config_free(config);
}

static void a_directory_without_rights(void **state) {
  struct place *place = *state;
  static const mode_t modes[] = {0, 0700, 0755};
  const size_t count = geteuid() == 0 ? 3 : 1; /* one's own directory is shut by the first alone */
  for (size_t i = 0; i < count; ++i) {
    assert_int_equal(chmod(place->directory, modes[i]), 0);
    in_child(open_without_rights, place);
  }
  assert_int_equal(chmod(place->directory, 0700), 0);
}

/* ---- A backend that fails -------------------------------------------------------------------- */

static void without_an_answer_it_is_unknown(void **state) {
  repolock_client_t *client = open_with(*state, "node_timeout_ms", "100", NULL);
  repolock_request_t *request = new_request(5000, 0);
  suffer(*state, "drop=acquire");
  assert_status(try_lock(client, NAME("a/b"), request, 0), REPOLOCK_E_UNKNOWN);
  assert_contains(err, "a/b");
  assert_contains(err, "unknown");
  repolock_request_set_wait(request, 20);
  suffer(*state, "drop=acquire*");
  assert_status(try_lock(client, NAME("a/b"), request, 20), REPOLOCK_E_UNKNOWN);
  /* It may have been locked all the same: then it is cleaned up, long before its ttl. */
  suffer(*state, "clear,lose-reply=acquire");
  repolock_request_set_wait(request, 0);
  assert_status(try_lock(client, NAME("a/b"), request, 0), REPOLOCK_E_UNKNOWN);
  repolock_request_set_wait(request, 2000);
  assert_status(try_lock(client, NAME("a/b"), request, 2000), REPOLOCK_OK);
  repolock_request_free(request);
  close_client(client);
}

static void without_a_decision_it_is_unavailable(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_request_t *request = new_request(5000, 0);
  suffer(*state, "unavailable=acquire*");
  assert_status(try_lock(client, NAME("a/b"), request, 0), REPOLOCK_E_UNAVAILABLE);
  repolock_request_set_wait(request, 30);
  assert_status(try_lock(client, NAME("a/b"), request, 30), REPOLOCK_E_UNAVAILABLE);
  assert_contains(err, "a/b");
  suffer(*state, "clear");
  repolock_request_set_wait(request, 5000);
  assert_status(try_lock(client, NAME("a/b"), request, 5000), REPOLOCK_OK);
  /* A server that comes back within the wait is not missed. */
  suffer(*state, "unavailable=acquire*3");
  repolock_request_set_wait(request, -1);
  assert_status(try_lock(client, NAME("a/b"), request, 10000), REPOLOCK_OK);
  repolock_request_free(request);
  close_client(client);
}

/* Of what never answers every call comes back, in time and with a status of its own. */
static void a_silent_backend_hangs_nobody(void **state) {
  repolock_client_t *client = open_with(*state, "node_timeout_ms", "100", NULL);
  repolock_lease_t *lease = lock(client, "a/b");
  repolock_op_t *op = NULL;
  suffer(*state, "drop=any*");
  alarm(2 + 10);
  assert_status(repolock_extend(lease, 30000), REPOLOCK_E_UNKNOWN);
  assert_status(repolock_inspect_start(client, NAME("a/b"), &op), REPOLOCK_OK);
  assert_status(repolock_op_wait(op, -1), REPOLOCK_E_UNKNOWN);
  repolock_op_free(op);
  assert_status(repolock_break_start(client, NAME("a/b"), repolock_lease_id(lease), &op),
                REPOLOCK_OK);
  assert_status(repolock_op_wait(op, -1), REPOLOCK_E_UNKNOWN);
  repolock_op_free(op);
  assert_status(repolock_diagnose_start(client, &op), REPOLOCK_OK);
  assert_status(repolock_op_wait(op, -1), REPOLOCK_E_UNKNOWN);
  repolock_op_free(op);
  repolock_request_t *request = new_request(5000, 300);
  assert_status(try_lock(client, NAME("c/d"), request, 300), REPOLOCK_E_UNKNOWN);
  repolock_request_free(request);
  alarm(2 + 10);
  assert_status(repolock_release(lease), REPOLOCK_E_UNKNOWN);
  alarm(2 + 10);
  assert_status(repolock_shutdown(client, 100), REPOLOCK_OK);
  repolock_lease_free(lease);
  repolock_client_free(client);
  suffer(*state, "clear");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_EACH(names),
      ON_EACH(values_of_a_request),
      ON_EACH(holder_texts),
      ON_FILE(places_that_cannot_be),
      ON_FILE(a_long_path_is_cut_between_characters),
      ON_FILE(a_directory_without_rights),
      ON_MEMORY(without_an_answer_it_is_unknown),
      ON_MEMORY(without_a_decision_it_is_unavailable),
      ON_MEMORY(a_silent_backend_hangs_nobody),
  };
  return RUN(tests);
}
