/* Configuration, its table, and the names under which a client of it locks. */
#include "redis_place.h"

static char err[REPOLOCK_ERR_SIZE];

static repolock_status_t set(repolock_config_t *config, const char *key, const char *value) {
  strcpy(err, "untouched");
  return repolock_config_set(config, key, value, err, sizeof err);
}

static void each_option_takes_its_default(void **state) {
  (void)state;
  repolock_config_t *config = repolock_config_new();
  const char *key, *type, *deflt, *doc;
  size_t count = 0;
  while (repolock_config_describe(count, &key, &type, &deflt, &doc) == REPOLOCK_OK) {
    assert_true(strlen(key) > 0 && strlen(type) > 0 && strlen(doc) > 0);
    assert_status(set(config, key, deflt), REPOLOCK_OK);
    assert_string_equal(err, "untouched");
    const char *again = NULL;
    assert_status(repolock_config_describe(count, &again, NULL, NULL, NULL), REPOLOCK_OK);
    assert_ptr_equal(again, key);
    ++count;
  }
  assert_true(count > 5);
  assert_status(repolock_config_describe(count, &key, &type, &deflt, &doc), REPOLOCK_E_INVALID);
  assert_status(repolock_config_describe(SIZE_MAX, &key, &type, &deflt, &doc), REPOLOCK_E_INVALID);
  repolock_config_free(config);
}

static void what_is_wrong_is_told_in_words(void **state) {
  (void)state;
  static const struct {
    const char *key, *value;
    repolock_status_t status;
    const char *names, *remedy;
  } wrong[] = {
      {"wiat_ms", "5", REPOLOCK_E_INVALID, "wiat_ms", "wait_ms"},
      {"no such thing", "5", REPOLOCK_E_INVALID, "no such thing", "backend"},
      {"", "5", REPOLOCK_E_INVALID, "\"\"", "backend"},
      {"ttl_ms", "soon", REPOLOCK_E_INVALID, "soon", "milliseconds"},
      {"ttl_ms", "", REPOLOCK_E_INVALID, "ttl_ms", "milliseconds"},
      {"ttl_ms", "0", REPOLOCK_E_INVALID, "0", "86400000"},
      {"wait_ms", "-2", REPOLOCK_E_INVALID, "-2", "-1"},
      {"wait_ms", "99999999999999999999", REPOLOCK_E_INVALID, "9999999999", "31536000000"},
      {"repo.case", "upper", REPOLOCK_E_INVALID, "upper", "fold|sensitive"},
      {"holder", "a\nb", REPOLOCK_E_INVALID, "a\\x0ab", "one line"},
      {"backend", "", REPOLOCK_E_INVALID, "backend", "file:"},
      {"backend", "/srv/locks", REPOLOCK_E_INVALID, "/srv/locks", "file:///srv/locks"},
      {"plugin.path", "lib", REPOLOCK_E_INVALID, "lib", "from / on"},
  };
  repolock_config_t *config = repolock_config_new();
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; ++i) {
    assert_status(set(config, wrong[i].key, wrong[i].value), wrong[i].status);
    assert_contains(err, wrong[i].names);
    assert_contains(err, wrong[i].remedy);
  }
  repolock_config_free(config);
}

static void a_scheme_that_nobody_opens(void **state) {
  (void)state;
  repolock_config_t *config = repolock_config_new();
  repolock_client_t *client = NULL;
  assert_status(set(config, "backend", "nosuch://user:secret@host"), REPOLOCK_OK);
  assert_status(repolock_client_open(config, &client, err, sizeof err), REPOLOCK_E_UNSUPPORTED);
  assert_contains(err, "nosuch");
  assert_contains(err, "file, memory, redis");
  assert_contains(err, "plugin.path");
  assert_null(strstr(err, "secret"));
  repolock_config_free(config);
}

static void the_backends_there_are(void **state) {
  (void)state;
  repolock_snapshot_t *found = NULL;
  assert_status(repolock_backend_list(NULL, &found, err, sizeof err), REPOLOCK_OK);
  static const char *const schemes[] = {"file", "memory", "redis redis+unix redis+quorum"};
  assert_int_equal(repolock_snapshot_size(found), 3);
  for (size_t row = 0; row < 3; ++row) {
    assert_int_equal(repolock_snapshot_number(found, row, REPOLOCK_NUMBER_ROW),
                     REPOLOCK_ROW_BACKEND);
    assert_int_equal(repolock_snapshot_number(found, row, REPOLOCK_NUMBER_ABI), 1);
    assert_true(repolock_snapshot_number(found, row, REPOLOCK_NUMBER_CAPABILITIES) &
                REPOLOCK_CAN_INSPECT);
    assert_string_equal(repolock_snapshot_text(found, row, REPOLOCK_TEXT_SCHEMES), schemes[row]);
    assert_string_equal(repolock_snapshot_text(found, row, REPOLOCK_TEXT_VERSION),
                        REPOLOCK_VERSION_STRING);
    assert_string_equal(repolock_snapshot_text(found, row, REPOLOCK_TEXT_FILE), "");
    assert_string_equal(repolock_snapshot_text(found, row, REPOLOCK_TEXT_STATUS), "OK");
  }
  repolock_snapshot_free(found);

  repolock_config_t *config = repolock_config_new();
  assert_status(set(config, "plugin.path", "/no/such/folder"), REPOLOCK_OK);
  assert_status(repolock_backend_list(config, &found, err, sizeof err), REPOLOCK_E_PLUGIN);
  assert_contains(err, "/no/such/folder");
  assert_status(repolock_backend_list(config, NULL, err, sizeof err), REPOLOCK_E_INVALID);
  repolock_config_free(config);
}

static void options_that_do_not_fit_together(void **state) {
  (void)state;
  static const struct {
    const char *key, *value, *names, *remedy;
  } wrong[] = {{"max_ttl_ms", "1000", "30000", "1000"},
               {"memory.fault", "expire", "file:", "memory:"}};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; ++i) {
    repolock_config_t *config = repolock_config_new();
    repolock_client_t *client = NULL;
    assert_status(set(config, wrong[i].key, wrong[i].value), REPOLOCK_OK);
    assert_status(repolock_client_open(config, &client, err, sizeof err), REPOLOCK_E_INVALID);
    assert_contains(err, wrong[i].key);
    assert_contains(err, wrong[i].names);
    assert_contains(err, wrong[i].remedy);
    assert_null(client);
    repolock_config_free(config);
  }
}

static void a_later_value_replaces_an_earlier_one(void **state) {
  (void)state;
  char name[REPOLOCK_REPO_SIZE];
  repolock_config_t *config = repolock_config_new();
  assert_status(set(config, "repo.case", "sensitive"), REPOLOCK_OK);
  repolock_repo_canonical(config, NAME("Owner/Name"), name, sizeof name, NULL, 0);
  assert_string_equal(name, "Owner/Name");
  assert_status(set(config, "repo.case", "fold"), REPOLOCK_OK);
  assert_status(set(config, "repo.case", "neither"), REPOLOCK_E_INVALID);
  repolock_repo_canonical(config, NAME("Owner/Name"), name, sizeof name, NULL, 0);
  assert_string_equal(name, "owner/name");
  repolock_config_free(config);
}

/* What the client took is its own. */
static void a_client_has_a_copy(void **state) {
  const struct place *place = *state;
  repolock_config_t *config = repolock_config_new();
  repolock_client_t *client = NULL;
  char backend[sizeof place->url];
  strcpy(backend, place->url);
  assert_status(set(config, "backend", backend), REPOLOCK_OK);
  assert_status(set(config, "wait_ms", "0"), REPOLOCK_OK);
  memset(backend, 'x', sizeof backend - 1);
  assert_status(repolock_client_open(config, &client, err, sizeof err), REPOLOCK_OK);
  assert_status(set(config, "backend", "memory:another"), REPOLOCK_OK);
  assert_status(set(config, "wait_ms", "-1"), REPOLOCK_OK);
  repolock_config_free(config);

  repolock_lease_t *lease = lock(client, "a/b");
  repolock_lease_t *second = NULL;
  assert_status(repolock_acquire(client, NAME("a/b"), NULL, &second, NULL, 0), REPOLOCK_E_HELD);
  unlock(lease);
  close_client(client);
}

static void one_spelling_for_each_repository(void **state) {
  (void)state;
  static const char *spellings[] = {"owner/name", "Owner/Name/",
                                    "https://github.com/owner/name.git",
                                    "git@github.com:owner/name.git"};
  char name[REPOLOCK_REPO_SIZE];
  for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; ++i) {
    assert_status(repolock_repo_canonical(NULL, NAME(spellings[i]), name, sizeof name, NULL, 0),
                  REPOLOCK_OK);
    assert_string_equal(name, "owner/name");
  }
  /* The length decides, not a NUL behind it. */
  repolock_repo_canonical(NULL, "owner/name-and-more", 10, name, sizeof name, NULL, 0);
  assert_string_equal(name, "owner/name");
}

static void out_is_written_on_success_only(void **state) {
  (void)state;
  char name[] = "untouched";
  assert_status(repolock_repo_canonical(NULL, NAME("../x"), name, sizeof name, err, sizeof err),
                REPOLOCK_E_INVALID);
  assert_contains(err, "../x");
  assert_status(repolock_repo_canonical(NULL, NAME("owner/name"), name, 10, err, sizeof err),
                REPOLOCK_E_INVALID);
  assert_contains(err, "REPOLOCK_REPO_SIZE");
  assert_string_equal(name, "untouched");
}

/* The longest name there is fits REPOLOCK_REPO_SIZE, and one byte more is refused. */
static void the_longest_name_fits(void **state) {
  (void)state;
  char name[REPOLOCK_REPO_SIZE], longest[REPOLOCK_REPO_SIZE + 1];
  memset(longest, 'x', sizeof longest);
  repolock_config_t *config = repolock_config_new();
  assert_status(set(config, "repo.form", "opaque"), REPOLOCK_OK);
  assert_status(repolock_repo_canonical(config, longest, REPOLOCK_REPO_SIZE - 1, name, sizeof name,
                                        err, sizeof err),
                REPOLOCK_OK);
  assert_int_equal(strlen(name), REPOLOCK_REPO_SIZE - 1);
  assert_status(repolock_repo_canonical(config, longest, REPOLOCK_REPO_SIZE, name, sizeof name, err,
                                        sizeof err),
                REPOLOCK_E_INVALID);
  assert_contains(err, "512");
  repolock_config_free(config);
}

static void null_is_invalid(void **state) {
  (void)state;
  char name[REPOLOCK_REPO_SIZE];
  repolock_config_t *config = repolock_config_new();
  assert_status(set(NULL, "wait_ms", "0"), REPOLOCK_E_INVALID);
  assert_string_not_equal(err, "untouched");
  assert_status(set(config, NULL, "0"), REPOLOCK_E_INVALID);
  assert_status(set(config, "wait_ms", NULL), REPOLOCK_E_INVALID);
  assert_status(repolock_config_set(config, "wiat_ms", "0", NULL, 0), REPOLOCK_E_INVALID);
  assert_status(repolock_repo_canonical(NULL, NULL, 3, name, sizeof name, NULL, 0),
                REPOLOCK_E_INVALID);
  assert_status(repolock_repo_canonical(NULL, NAME("a/b"), NULL, 10, NULL, 0), REPOLOCK_E_INVALID);
  repolock_config_free(NULL);
  repolock_config_free(config);
}

static void each_status_has_a_name(void **state) {
  (void)state;
  static const struct {
    repolock_status_t status;
    const char *name;
    int32_t retryable;
  } statuses[] = {{REPOLOCK_OK, "OK", 0},
                  {REPOLOCK_E_INVALID, "E_INVALID", 0},
                  {REPOLOCK_E_TIMEOUT, "E_TIMEOUT", 1},
                  {REPOLOCK_E_HELD, "E_HELD", 1},
                  {REPOLOCK_E_LOST, "E_LOST", 0},
                  {REPOLOCK_E_UNAVAILABLE, "E_UNAVAILABLE", 1},
                  {REPOLOCK_E_WRONG_THREAD, "E_WRONG_THREAD", 0},
                  {REPOLOCK_E_PENDING, "E_PENDING", 0},
                  {REPOLOCK_E_INTERNAL, "E_INTERNAL", 0}};
  for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; ++i) {
    assert_string_equal(repolock_status_name(statuses[i].status), statuses[i].name);
    assert_int_equal(repolock_status_is_retryable(statuses[i].status), statuses[i].retryable);
  }
  /* More may come: one that is not known is treated as E_INTERNAL. */
  assert_non_null(repolock_status_name(12345));
  assert_int_equal(repolock_status_is_retryable(12345), 0);
  assert_int_equal(repolock_version(), REPOLOCK_VERSION_NUMBER);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_option_takes_its_default),
      cmocka_unit_test(what_is_wrong_is_told_in_words),
      cmocka_unit_test(a_scheme_that_nobody_opens),
      cmocka_unit_test(the_backends_there_are),
      cmocka_unit_test(options_that_do_not_fit_together),
      cmocka_unit_test(a_later_value_replaces_an_earlier_one),
      ON_EACH(a_client_has_a_copy),
      cmocka_unit_test(one_spelling_for_each_repository),
      cmocka_unit_test(out_is_written_on_success_only),
      cmocka_unit_test(the_longest_name_fits),
      cmocka_unit_test(null_is_invalid),
      cmocka_unit_test(each_status_has_a_name),
  };
  return RUN(tests);
}
