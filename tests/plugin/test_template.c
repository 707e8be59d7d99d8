/* The template backend, as it is built from today's plugin.h and from the one of ABI 1. */
#include "plugin.h"

static void lease_of(void **state) {
  const char *folder = *state;
  repolock_client_t *client = open_plugin(folder, "template:", NULL);
  repolock_lease_t *lease = lock(client, "a/b");
  const uint64_t fence = repolock_lease_fence(lease);
  assert_true(fence > 0);
  assert_true(repolock_lease_remaining_ms(lease) > 0);
  assert_status(repolock_extend(lease, 20000), REPOLOCK_OK);
  unlock(lease);
  lease = lock(client, "a/b");
  assert_true(repolock_lease_fence(lease) > fence);
  assert_int_equal(repolock_lease_previous(lease), REPOLOCK_PREVIOUS_RELEASED);
  assert_int_equal(repolock_lease_inherit_fd(lease), -1);
  unlock(lease);
  close_client(client);
}

static void capabilities_are_those_it_claims(void **state) {
  repolock_client_t *client = open_plugin(*state, "template:", NULL);
  assert_int_equal(
      repolock_client_capabilities(client),
      REPOLOCK_CAN_FENCE | REPOLOCK_CAN_FENCE_STRICT | REPOLOCK_CAN_INSPECT | REPOLOCK_CAN_BREAK);
  repolock_request_t *request = new_request(1000, 0);
  repolock_lease_t *lease = NULL;
  char err[REPOLOCK_ERR_SIZE] = "";
  repolock_request_set_shared(request, 1);
  assert_status(repolock_acquire(client, NAME("a/b"), request, &lease, err, sizeof err),
                REPOLOCK_E_UNSUPPORTED);
  repolock_request_free(request);
  close_client(client);
}

/* It has no queue: the library asks again, and at once when it is told of the release. */
static void who_waits_is_woken_by_the_release(void **state) {
  repolock_client_t *holder = open_plugin(*state, "template:", NULL);
  repolock_client_t *waiter = open_plugin(*state, "template:", NULL);
  repolock_lease_t *lease = lock(holder, "a/b");
  assert_false(is_free(waiter, "a/b"));
  repolock_request_t *request = new_request(30000, -1);
  repolock_op_t *op = start_lock(waiter, "a/b", request);
  repolock_request_free(request);
  assert_status(repolock_op_wait(op, 100), REPOLOCK_E_PENDING);
  const uint64_t fence = repolock_lease_fence(lease);
  unlock(lease);
  lease = take(op);
  assert_true(repolock_lease_fence(lease) > fence);
  unlock(lease);
  close_client(holder);
  close_client(waiter);
}

static void who_holds_is_told_of_a_break(void **state) {
  repolock_client_t *holder = open_plugin(*state, "template:", NULL);
  repolock_client_t *other = open_plugin(*state, "template:", NULL);
  repolock_lease_t *lease = lock(holder, "a/b");
  repolock_op_t *op = NULL;
  repolock_snapshot_t *seen = NULL;
  assert_status(repolock_inspect_start(other, NAME("a/b"), &op), REPOLOCK_OK);
  assert_status(repolock_op_wait(op, -1), REPOLOCK_OK);
  assert_status(repolock_op_snapshot(op, &seen), REPOLOCK_OK);
  assert_int_equal(repolock_snapshot_size(seen), 1);
  assert_string_equal(repolock_snapshot_text(seen, 0, REPOLOCK_TEXT_LEASE_ID),
                      repolock_lease_id(lease));
  repolock_snapshot_free(seen);
  repolock_op_free(op);

  assert_status(repolock_lease_on_lost(lease, NULL, lease, NULL), REPOLOCK_OK);
  assert_status(repolock_break_start(other, NAME("a/b"), repolock_lease_id(lease), &op),
                REPOLOCK_OK);
  assert_status(repolock_op_wait(op, -1), REPOLOCK_OK);
  repolock_op_free(op);
  repolock_event_t *event = NULL;
  assert_status(repolock_event_next(holder, -1, &event), REPOLOCK_OK);
  assert_int_equal(repolock_event_kind(event), REPOLOCK_EVENT_LOST);
  repolock_event_free(event);
  assert_status(repolock_lease_status(lease), REPOLOCK_E_LOST);
  repolock_lease_free(lease);
  lease = lock(other, "a/b");
  assert_int_equal(repolock_lease_previous(lease), REPOLOCK_PREVIOUS_BROKEN);
  unlock(lease);
  close_client(holder);
  close_client(other);
}

static void what_a_closed_client_held_ends_by_its_ttl(void **state) {
  repolock_client_t *holder = open_plugin(*state, "template:", NULL);
  repolock_client_t *waiter = open_plugin(*state, "template:", NULL);
  repolock_lease_t *lease = lock_for(holder, "a/b", 300);
  repolock_client_free(holder);
  repolock_lease_free(lease);
  assert_false(is_free(waiter, "a/b"));
  lease = lock_for(waiter, "a/b", 30000);
  assert_int_equal(repolock_lease_previous(lease), REPOLOCK_PREVIOUS_EXPIRED);
  unlock(lease);
  close_client(waiter);
}

/* A renewal carries many leases in one request. */
static void many_leases_are_renewed_together(void **state) {
  enum {
    LEASES = 20
  };
  repolock_client_t *client = open_plugin(*state, "template:", NULL);
  repolock_lease_t *leases[LEASES];
  char repo[16];
  for (int i = 0; i < LEASES; ++i) {
    snprintf(repo, sizeof repo, "many/%d", i);
    leases[i] = lock_for(client, repo, 3000);
  }
  while (stat_of(client, "renewals") < LEASES) usleep(10 * 1000);
  for (int i = 0; i < LEASES; ++i) {
    assert_status(repolock_lease_status(leases[i]), REPOLOCK_OK);
    unlock(leases[i]);
  }
  close_client(client);
}

static char good[] = "good", v1[] = "v1";

/* clang-format off */
#define OF(folder, test) {#test " (" #folder ")", test, NULL, NULL, folder}
#define OF_BOTH(test) OF(good, test), OF(v1, test)
/* clang-format on */

int main(void) {
  alarm(HANG_SECONDS);
  const struct CMUnitTest tests[] = {
      OF_BOTH(lease_of),
      OF_BOTH(capabilities_are_those_it_claims),
      OF_BOTH(who_waits_is_woken_by_the_release),
      OF_BOTH(who_holds_is_told_of_a_break),
      OF_BOTH(what_a_closed_client_held_ends_by_its_ttl),
      OF_BOTH(many_leases_are_renewed_together),
  };
  return RUN(tests);
}
