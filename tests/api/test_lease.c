/* A lease: what it tells, that it is renewed, and how it goes when nobody releases it. */
#include "news.h"
#include "redis_place.h"

static void what_it_tells(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock_for(client, "a/b", 20000);
  const char *id = repolock_lease_id(lease);
  assert_int_equal(strlen(id), 32);
  assert_int_equal(strspn(id, "0123456789abcdef"), 32);
  assert_ptr_equal(repolock_lease_id(lease), id);
  assert_true(repolock_lease_fence(lease) > 0);
  assert_true(repolock_lease_fence_at(lease, 0) == repolock_lease_fence(lease));
  assert_true(repolock_lease_fence_at(lease, 1) == 0);
  assert_status(repolock_lease_status(lease), REPOLOCK_OK);
  assert_string_equal(repolock_lease_message(lease), "");
  assert_int_equal(repolock_lease_previous(lease), REPOLOCK_PREVIOUS_NONE);
  const int64_t remaining = repolock_lease_remaining_ms(lease);
  assert_true(is_file(*state) ? remaining == INT64_MAX : remaining > 0 && remaining <= 20000);
  unlock(lease);
  close_client(client);
}

static void null_is_nothing(void **state) {
  (void)state;
  assert_status(repolock_lease_status(NULL), REPOLOCK_E_INVALID);
  assert_status(repolock_lease_on_lost(NULL, hear, NULL, NULL), REPOLOCK_E_INVALID);
  assert_true(repolock_lease_fence(NULL) == 0);
  assert_true(repolock_lease_fence_at(NULL, 0) == 0);
  assert_string_equal(repolock_lease_id(NULL), "");
  assert_string_equal(repolock_lease_message(NULL), "");
  assert_true(repolock_lease_remaining_ms(NULL) == 0);
  assert_int_equal(repolock_lease_previous(NULL), REPOLOCK_PREVIOUS_NONE);
  assert_int_equal(repolock_lease_inherit_fd(NULL), -1);
  repolock_lease_free(NULL);
}

static void renewed_it_outlives_its_ttl(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock_for(client, "a/b", 600);
  const int64_t renewals = stat_of(client, "renewals");
  while (stat_of(client, "renewals") < renewals + 4) usleep(5000); /* longer than the ttl */
  assert_status(repolock_lease_status(lease), REPOLOCK_OK);
  unlock(lease);
  close_client(client);
}

/* Nobody knows whether the work has stopped: it keeps others out for its ttl. */
static void freed_it_ends_by_its_ttl(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock_for(client, "a/b", 1000);
  repolock_lease_free(lease);
  assert_false(is_free(client, "a/b"));
  lease = lock(client, "a/b");
  assert_int_equal(repolock_lease_previous(lease), REPOLOCK_PREVIOUS_EXPIRED);
  unlock(lease);
  close_client(client);
}

static void a_descriptor_where_the_kernel_holds_it(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b");
  const int fd = repolock_lease_inherit_fd(lease), second = repolock_lease_inherit_fd(lease);
  assert_int_equal(fd >= 0, is_file(*state));
  assert_true(fd < 0 || fd != second);
  assert_status(repolock_release(lease), REPOLOCK_OK); /* whoever has a copy */
  assert_int_equal(repolock_lease_inherit_fd(lease), -1);
  assert_true(is_free(client, "a/b"));
  if (fd >= 0) close(fd);
  if (second >= 0) close(second);
  repolock_lease_free(lease);
  close_client(client);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_EACH(what_it_tells),
      cmocka_unit_test(null_is_nothing),
      ON_MEMORY(renewed_it_outlives_its_ttl),
      ON_EACH(freed_it_ends_by_its_ttl),
      ON_EACH(a_descriptor_where_the_kernel_holds_it),
  };
  return RUN(tests);
}
