/* every_call.h - each function of repolock.h in a situation of its own, for a test that lets something
 * run out underneath. What must hold however that ended is asked in leave_world().
 *
 *   for (size_t i = 0; i < CALLS; ++i) {
 *     struct world world;
 *     enter_world(&world, place, &calls[i], 1000);
 *     ... from here on something is short
 *     calls[i].make(&world);
 *     ... and here there is plenty again
 *     leave_world(&row, &world);
 *   }
 */
#ifndef REPOLOCK_TESTS_EVERY_CALL_H
#define REPOLOCK_TESTS_EVERY_CALL_H

#include "world.h"

/* ---- Situations ------------------------------------------------------------------------------ */

static void with_nothing(struct world *world) {
  (void)world;
}

/* However long it takes: the short wait is for the calls. */
static repolock_request_t *patient_request(const struct world *world) {
  return new_request(world->ttl_ms, -1);
}

static void with_lease(struct world *world) {
  repolock_request_t *request = patient_request(world);
  world->lease = lock_as(world->client, "a/b", request);
  repolock_request_free(request);
}

static void with_waiter(struct world *world) {
  repolock_request_t *request = patient_request(world);
  with_lease(world);
  world->op = start_lock(world->client, "a/b", request);
  repolock_request_free(request);
  await_waiters(world->client, "a/b", 1);
}

static void with_waiter_who_is_told(struct world *world) {
  with_waiter(world);
  listen_done(world, world->op);
  listen_wait(world, world->op);
}

static void with_grant(struct world *world) {
  repolock_request_t *request = patient_request(world);
  world->op = start_lock(world->client, "a/b", request);
  repolock_request_free(request);
  assert_status(repolock_op_wait(world->op, -1), REPOLOCK_OK);
}

static void with_lease_whose_loss_is_told(struct world *world) {
  with_lease(world);
  listen_lost(world, world->lease);
}

static void with_queued_news(struct world *world) {
  with_grant(world);
  assert_status(repolock_op_on_done(world->op, NULL, NULL, NULL), REPOLOCK_OK);
}

/* The client's own thread is kept busy, so that it does not notice first. */
static void stay(const repolock_event_t *event, void *data) {
  (void)event, (void)data;
  nap((int64_t)2 * MAX_HOLD_MS);
}

static void with_lease_that_ran_out(struct world *world) {
  repolock_request_t *request = patient_request(world);
  repolock_request_set_max_hold(request, MAX_HOLD_MS);
  world->lease = lock_as(world->client, "a/b", request);
  repolock_request_free(request);
  assert_status(repolock_diagnose_start(world->client, &world->op), REPOLOCK_OK);
  assert_status(repolock_op_on_done(world->op, stay, NULL, NULL), REPOLOCK_OK);
  nap(MAX_HOLD_MS);
}

/* ---- Calls ----------------------------------------------------------------------------------- */

static const char long_name[] =
    "https://git.example.org/Group/Some-Longer-Name-Than-A-Short-One.git";
static const char long_text[] = "a holder whose text is too long to be kept in a small place";

static void configure(struct world *world) {
  char out[REPOLOCK_REPO_SIZE];
  const char *key = NULL;
  repolock_snapshot_t *backends = NULL;
  repolock_config_t *config = repolock_config_new();
  answer_pointer(world, config);
  if (config != NULL) {
    answer(world, repolock_config_set(config, "holder", long_text, NULL, 0));
    answer(world, repolock_config_set(config, "repo.default_host", "git.example.org", NULL, 0));
  }
  answer(world, repolock_config_describe(0, &key, NULL, NULL, NULL));
  answer(world, repolock_backend_list(config, &backends, NULL, 0));
  repolock_snapshot_free(backends);
  answer(world, repolock_repo_canonical(config, NAME(long_name), out, sizeof out, NULL, 0));
  repolock_config_free(config);
}

/* Setters cannot say so: the acquisition does. */
static void fill_request_and_acquire(struct world *world) {
  repolock_request_t *request = repolock_request_new();
  answer_pointer(world, request);
  repolock_request_set_ttl(request, world->ttl_ms);
  repolock_request_set_wait(request, world->wait_ms);
  repolock_request_set_max_hold(request, 60000);
  repolock_request_set_shared(request, 1);
  repolock_request_set_renew(request, 1);
  repolock_request_set_holder(request, NAME(long_text));
  repolock_request_add_repo(request, NAME(long_name));
  if (request != NULL &&
      answer(world, repolock_acquire(world->client, NAME("a/b"), request, &world->lease, NULL, 0)))
    answer(world, repolock_lease_fence_at(world->lease, 1) > 0 ? REPOLOCK_OK : REPOLOCK_E_INTERNAL);
  repolock_request_free(request);
}

static void open_and_free(struct world *world) {
  repolock_client_t *client = NULL;
  repolock_config_t *config = repolock_config_new();
  answer_pointer(world, config);
  if (config != NULL &&
      answer(world, repolock_config_set(config, "backend", world->place.url, NULL, 0)))
    answer(world, repolock_client_open(config, &client, NULL, 0));
  repolock_config_free(config);
  repolock_client_free(client);
}

static void acquire_and_release(struct world *world) {
  char err[REPOLOCK_ERR_SIZE];
  if (answer(world,
             repolock_acquire(world->client, NAME("a/b"), NULL, &world->lease, err, sizeof err)))
    answer(world, repolock_release(world->lease));
}

static int32_t count_body(repolock_lease_t *lease, void *data) {
  (void)lease;
  ++*(int *)data;
  return 7;
}

/* The body ran or it did not, and the status says which. */
static void run_with_lock(struct world *world) {
  int ran = 0;
  int32_t result = 0;
  const repolock_status_t status =
      repolock_with_lock(world->client, NAME("a/b"), NULL, count_body, &ran, &result, NULL, 0);
  const bool should_have = status == REPOLOCK_OK || status == REPOLOCK_E_LOST;
  answer(world, status);
  if (ran != (should_have ? 1 : 0) || (should_have && result != 7))
    answer(world, REPOLOCK_E_INTERNAL);
}

static void extend_it(struct world *world) {
  answer(world, repolock_extend(world->lease, world->ttl_ms));
}

static void release_it(struct world *world) {
  answer(world, repolock_release(world->lease));
}

static void release_for_a_waiter(struct world *world) {
  if (answer(world, repolock_release(world->lease))) answer(world, repolock_op_wait(world->op, -1));
}

static void release_and_forget(struct world *world) {
  answer(world, repolock_release_start(world->lease, NULL));
  repolock_lease_free(world->lease);
  world->lease = NULL;
}

static void acquire_by_steps(struct world *world) {
  if (!answer(world, repolock_acquire_start(world->client, NAME("a/b"), NULL, &world->op))) return;
  listen_done(world, world->op);
  if (!answer(world, repolock_op_wait(world->op, -1))) return;
  answer(world, repolock_op_take_lease(world->op, &world->lease));
}

static void extend_and_release_by_steps(struct world *world) {
  repolock_op_t *op = NULL;
  if (answer(world, repolock_extend_start(world->lease, world->ttl_ms, &op)))
    answer(world, repolock_op_wait(op, -1));
  repolock_op_free(op);
  op = NULL;
  if (answer(world, repolock_release_start(world->lease, &op)))
    answer(world, repolock_op_wait(op, -1));
  repolock_op_free(op);
}

/* What is wrong with a name is the op's result. */
static void acquire_what_cannot_be(struct world *world) {
  if (!answer(world,
              repolock_acquire_start(world->client, NAME("../a-way/to/nowhere"), NULL, &world->op)))
    return;
  listen_done(world, world->op);
  const repolock_status_t status = repolock_op_wait(world->op, -1);
  answer(world, status == REPOLOCK_E_INVALID ? REPOLOCK_OK : status);
}

static void take_it(struct world *world) {
  answer(world, repolock_op_take_lease(world->op, &world->lease));
}

static void wait_and_cancel(struct world *world) {
  repolock_snapshot_t *snapshot = NULL;
  repolock_op_t *op = NULL;
  if (!answer(world, repolock_acquire_start(world->client, NAME("a/b"), NULL, &op))) return;
  world->op = op;
  listen_wait(world, op);
  listen_done(world, op);
  repolock_op_snapshot(op, &snapshot);
  repolock_snapshot_free(snapshot);
  repolock_op_cancel(op);
  const repolock_status_t status = repolock_op_wait(op, -1);
  answer(world, status == REPOLOCK_E_CANCELED ? REPOLOCK_OK : status);
}

static void free_the_op(struct world *world) {
  for (int i = 0; i < world->listeners; ++i) world->heard[i].must_be_told = false;
  repolock_op_free(world->op);
  world->op = NULL;
}

static void free_the_lease(struct world *world) {
  repolock_lease_free(world->lease);
  world->lease = NULL;
}

static void free_the_client(struct world *world) {
  repolock_client_free(world->client);
  world->client = NULL;
}

static void shut_down(struct world *world) {
  answer(world, repolock_shutdown(world->client, 0));
}

static void shut_down_by_steps(struct world *world) {
  repolock_op_t *op = NULL;
  if (!answer(world, repolock_shutdown_start(world->client, 0, &op))) return;
  world->op = op;
  listen_done(world, op);
  answer(world, repolock_op_wait(op, -1));
}

static void show(const repolock_op_t *op) {
  repolock_snapshot_t *snapshot = NULL;
  if (repolock_op_snapshot(op, &snapshot) != REPOLOCK_OK) return;
  for (size_t row = 0; row < repolock_snapshot_size(snapshot); ++row) {
    repolock_snapshot_text(snapshot, row, REPOLOCK_TEXT_HOLDER);
    repolock_snapshot_number(snapshot, row, REPOLOCK_NUMBER_PID);
  }
  repolock_snapshot_free(snapshot);
}

static void look(struct world *world) {
  repolock_op_t *op = NULL;
  if (answer(world, repolock_inspect_start(world->client, NAME("a/b"), &op)) &&
      answer(world, repolock_op_wait(op, -1)))
    show(op);
  repolock_op_free(op);
  op = NULL;
  if (answer(world, repolock_inspect_start(world->client, NULL, 0, &op)) &&
      answer(world, repolock_op_wait(op, -1)))
    show(op);
  repolock_op_free(op);
  op = NULL;
  if (answer(world, repolock_diagnose_start(world->client, &op)) &&
      answer(world, repolock_op_wait(op, -1)))
    show(op);
  repolock_op_free(op);
}

static void break_it(struct world *world) {
  repolock_op_t *op = NULL;
  if (answer(world, repolock_break_start(world->client, NAME("a/b"),
                                         repolock_lease_id(world->lease), &op)))
    answer(world, repolock_op_wait(op, -1));
  repolock_op_free(op);
}

static void listen_late(struct world *world) {
  listen_done(world, world->op);
  listen_wait(world, world->op);
}

static void listen_by_queue(struct world *world) {
  repolock_event_t *event = NULL;
  const char *key = NULL, *value = NULL;
  if (!answer(world, repolock_op_on_done(world->op, NULL, NULL, NULL))) return;
  if (!answer(world, repolock_event_next(world->client, -1, &event))) return;
  repolock_event_message(event);
  repolock_event_field(event, 0, &key, &value);
  repolock_event_free(event);
}

static void read_news(struct world *world) {
  repolock_event_t *event = NULL;
  answer(world, repolock_event_next(world->client, -1, &event));
  repolock_event_free(event);
  event = NULL;
  const repolock_status_t more = repolock_event_next(world->client, 1, &event);
  answer(world, more == REPOLOCK_E_PENDING ? REPOLOCK_OK : more);
  repolock_event_free(event);
}

static void listen_for_loss_and_log(struct world *world) {
  listen_lost(world, world->lease);
  answer(world, repolock_client_on_log(world->client, REPOLOCK_LOG_DEBUG, NULL, NULL, NULL));
}

static void lend_descriptor(struct world *world) {
  const int32_t fd = repolock_lease_inherit_fd(world->lease);
  if (fd >= 0) close(fd);
}

static void ask_what_is_plain(struct world *world) {
  const char *name = NULL;
  int64_t value = 0;
  answer(world, repolock_client_stat(world->client, 0, &name, &value));
  answer(world, repolock_lease_status(world->lease));
  answer(world, repolock_client_capabilities(world->client) != 0 ? REPOLOCK_OK : -1);
  answer(world, repolock_event_fd(world->client) >= 0 ? REPOLOCK_OK : -1);
  answer(world, repolock_lease_remaining_ms(world->lease) > 0 ? REPOLOCK_OK : -1);
  answer(world, repolock_lease_fence(world->lease) > 0 ? REPOLOCK_OK : -1);
  answer(world, strlen(repolock_lease_id(world->lease)) == 32 ? REPOLOCK_OK : -1);
  answer(world, repolock_lease_previous(world->lease) >= 0 ? REPOLOCK_OK : -1);
  repolock_lease_message(world->lease);
  repolock_client_heartbeat(world->client);
}

static void ask_what_ran_out(struct world *world) {
  const repolock_status_t status = repolock_lease_status(world->lease);
  answer(world, status == REPOLOCK_E_LOST ? REPOLOCK_OK : status);
  answer(world, repolock_lease_message(world->lease)[0] != '\0' ? REPOLOCK_OK : -1);
  repolock_lease_remaining_ms(world->lease);
}

static const struct call calls[] = {
    {"config", with_nothing, configure},
    {"request, acquire", with_nothing, fill_request_and_acquire},
    {"client_open, client_free", with_nothing, open_and_free},
    {"acquire, release", with_nothing, acquire_and_release},
    {"with_lock", with_nothing, run_with_lock},
    {"extend", with_lease, extend_it},
    {"release", with_lease_whose_loss_is_told, release_it},
    {"release, and a waiter", with_waiter_who_is_told, release_for_a_waiter},
    {"release_start", with_lease, release_and_forget},
    {"acquire_start, on_done, op_wait, take_lease", with_nothing, acquire_by_steps},
    {"acquire_start of a name that cannot be", with_nothing, acquire_what_cannot_be},
    {"extend_start, release_start", with_lease, extend_and_release_by_steps},
    {"op_take_lease", with_grant, take_it},
    {"on_wait, on_done, op_snapshot, op_cancel", with_lease, wait_and_cancel},
    {"op_free of a waiter", with_waiter_who_is_told, free_the_op},
    {"op_free with a lease in it", with_grant, free_the_op},
    {"lease_free", with_lease_whose_loss_is_told, free_the_lease},
    {"client_free", with_waiter_who_is_told, free_the_client},
    {"client_free, a loss", with_lease_whose_loss_is_told, free_the_client},
    {"shutdown", with_waiter_who_is_told, shut_down},
    {"shutdown, a loss", with_lease_whose_loss_is_told, shut_down},
    {"shutdown_start", with_lease_whose_loss_is_told, shut_down_by_steps},
    {"inspect_start, diagnose_start, snapshot", with_waiter, look},
    {"break_start", with_lease_whose_loss_is_told, break_it},
    {"on_done of what is over", with_grant, listen_late},
    {"on_done, event_next", with_grant, listen_by_queue},
    {"event_next", with_queued_news, read_news},
    {"on_lost, on_log", with_lease, listen_for_loss_and_log},
    {"inherit_fd", with_lease, lend_descriptor},
    {"getters", with_lease, ask_what_is_plain},
    {"lease_status, a loss", with_lease_that_ran_out, ask_what_ran_out},
};

enum {
  CALLS = sizeof calls / sizeof calls[0]
};

#endif
