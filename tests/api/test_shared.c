/* Shared leases: readers together, never beside a writer, and in the order in which they came. */
#include "redis_place.h"

static repolock_request_t *shared_request(int64_t wait_ms) {
  repolock_request_t *request = new_request(20000, wait_ms);
  repolock_request_set_shared(request, 1);
  return request;
}

static void readers_are_together(void **state) {
  repolock_client_t *first = open_client(*state), *second = open_client(*state);
  repolock_request_t *request = shared_request(0);
  repolock_lease_t *readers[] = {lock_as(first, "a/b", request), lock_as(second, "a/b", request),
                                 lock_as(first, "a/b", request)};
  assert_false(is_free(second, "a/b"));
  for (size_t i = 0; i < 3; ++i) {
    assert_false(is_free(first, "a/b"));
    unlock(readers[i]);
  }
  assert_true(is_free(first, "a/b"));
  repolock_request_free(request);
  close_client(first);
  close_client(second);
}

static void a_writer_is_alone(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_request_t *request = shared_request(0);
  repolock_lease_t *writer = lock(client, "a/b"), *reader = NULL;
  assert_status(repolock_acquire(client, NAME("a/b"), request, &reader, NULL, 0), REPOLOCK_E_HELD);
  assert_null(reader);
  unlock(writer);
  unlock(lock_as(client, "a/b", request));
  repolock_request_free(request);
  close_client(client);
}

/* Only an exclusive lease counts on: a shared one repeats its fence. */
static void fences_repeat_for_readers_and_grow_for_writers(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_request_t *request = shared_request(0);
  repolock_lease_t *lease = lock(client, "a/b");
  const uint64_t written = repolock_lease_fence(lease);
  unlock(lease);
  repolock_lease_t *first = lock_as(client, "a/b", request);
  repolock_lease_t *second = lock_as(client, "a/b", request);
  assert_true(repolock_lease_fence(first) >= written);
  assert_true(repolock_lease_fence(second) == repolock_lease_fence(first));
  const uint64_t read = repolock_lease_fence(second);
  unlock(first);
  unlock(second);
  lease = lock(client, "a/b");
  assert_true(repolock_lease_fence(lease) > read);
  unlock(lease);
  repolock_request_free(request);
  close_client(client);
}

/* Readers that come later do not overtake a writer for ever. */
static void a_writer_that_waits_has_its_turn(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_request_t *request = shared_request(-1);
  repolock_lease_t *reader = lock_as(client, "a/b", request);
  repolock_op_t *writer = start_lock(client, "a/b", NULL);
  await_waiters(client, "a/b", 1);
  repolock_op_t *second = start_lock(client, "a/b", request);
  await_waiters(client, "a/b", 2);
  repolock_op_t *third = start_lock(client, "a/b", request);
  await_waiters(client, "a/b", 3);
  unlock(reader);
  repolock_lease_t *lease = take(writer);
  assert_status(repolock_op_status(second), REPOLOCK_E_PENDING);
  assert_status(repolock_op_status(third), REPOLOCK_E_PENDING);
  unlock(lease);
  repolock_lease_t *readers[] = {take(second), take(third)}; /* and then both at once */
  unlock(readers[0]);
  unlock(readers[1]);
  repolock_request_free(request);
  close_client(client);
}

static void rows_say_that_they_are_shared(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_request_t *request = shared_request(0);
  repolock_lease_t *first = lock_as(client, "a/b", request);
  repolock_lease_t *second = lock_as(client, "a/b", request);
  repolock_snapshot_t *snapshot = inspect(client, "a/b");
  assert_int_equal(rows_of_kind(snapshot, REPOLOCK_ROW_HOLDER), 2);
  for (size_t row = 0; row < 2; ++row)
    assert_int_equal(repolock_snapshot_number(snapshot, row, REPOLOCK_NUMBER_SHARED), 1);
  repolock_snapshot_free(snapshot);
  unlock(first);
  unlock(second);
  repolock_request_free(request);
  close_client(client);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_EACH(readers_are_together),
      ON_EACH(a_writer_is_alone),
      ON_EACH(fences_repeat_for_readers_and_grow_for_writers),
      ON_EACH(a_writer_that_waits_has_its_turn),
      ON_EACH(rows_say_that_they_are_shared),
  };
  return RUN(tests);
}
