/* A plugin that breaks the rules, one by one: what becomes of it is defined, and no crash. */
#include "plugin.h"

#include <dirent.h>
#include <sys/socket.h>

/* Two ends: ours, and the one that the plugin has by its option rude.fd. */
struct talk {
  int ours, theirs;
  char option[16];
};

static struct talk talk(void) {
  struct talk talk;
  int ends[2];
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  talk.ours = ends[0];
  talk.theirs = ends[1];
  snprintf(talk.option, sizeof talk.option, "%d", ends[1]);
  return talk;
}

static void say(const struct talk *talk) {
  assert_int_equal(send(talk->ours, "!", 1, MSG_NOSIGNAL), 1);
}

static void hear(const struct talk *talk) {
  char byte;
  assert_int_equal(recv(talk->ours, &byte, 1, 0), 1);
}

static void hang_up(const struct talk *talk) {
  close(talk->ours);
  close(talk->theirs);
}

static char err[REPOLOCK_ERR_SIZE];

static repolock_status_t try_to_lock(repolock_client_t *client, int64_t wait_ms) {
  repolock_request_t *request = new_request(30000, wait_ms);
  repolock_lease_t *lease = NULL;
  err[0] = '\0';
  const repolock_status_t status =
      repolock_acquire(client, NAME("a/b"), request, &lease, err, sizeof err);
  repolock_request_free(request);
  if (lease != NULL) unlock(lease);
  return status;
}

/* That the plugin has; asked again where the node timeout of a test is too short for a busy machine. */
static size_t leases(repolock_client_t *client) {
  repolock_op_t *op = NULL;
  repolock_snapshot_t *seen = NULL;
  for (repolock_status_t status = REPOLOCK_E_UNKNOWN; status == REPOLOCK_E_UNKNOWN;) {
    repolock_op_free(op);
    assert_status(repolock_inspect_start(client, NAME("a/b"), &op), REPOLOCK_OK);
    status = repolock_op_wait(op, -1);
  }
  assert_status(repolock_op_snapshot(op, &seen), REPOLOCK_OK);
  const size_t size = repolock_snapshot_size(seen);
  repolock_snapshot_free(seen);
  repolock_op_free(op);
  return size;
}

static void await_no_leases(repolock_client_t *client) {
  while (leases(client) > 0) usleep(10 * 1000);
}

static void await_log(repolock_client_t *client, const char *of_event) {
  const char *key = NULL, *value = "";
  for (bool found = false; !found;) {
    repolock_event_t *event = NULL;
    assert_status(repolock_event_next(client, -1, &event), REPOLOCK_OK);
    for (size_t i = 0; repolock_event_field(event, i, &key, &value) == REPOLOCK_OK; ++i)
      found = found || (strcmp(key, "event") == 0 && strcmp(value, of_event) == 0);
    repolock_event_free(event);
  }
}

static void it_can_behave(void **state) {
  (void)state;
  repolock_client_t *client = open_plugin("rude", "rude:", NULL);
  assert_status(try_to_lock(client, 1000), REPOLOCK_OK);
  /* Its table says no more, whatever it says once it is open. */
  assert_int_equal(repolock_client_capabilities(client), REPOLOCK_CAN_INSPECT | REPOLOCK_CAN_FENCE);
  close_client(client);
}

static void its_refusal_is_told_with_its_name(void **state) {
  (void)state;
  assert_refused("rude", "rude:refuse", REPOLOCK_E_INVALID,
                 "librepolock_rude.so: rude.fd \"5\" is not what I want");
}

static void what_it_throws_is_a_status(void **state) {
  (void)state;
  assert_refused("rude", "rude:throw-open", REPOLOCK_E_PLUGIN,
                 "librepolock_rude.so threw an exception out of open");
  assert_refused("rude", "rude:throw-capabilities", REPOLOCK_E_PLUGIN,
                 "threw an exception out of effective_capabilities");
  repolock_client_t *client = open_plugin("rude", "rude:throw-submit", NULL);
  assert_status(try_to_lock(client, 1000), REPOLOCK_E_PLUGIN);
  assert_contains(err, "librepolock_rude.so threw an exception out of submit");
  assert_int_equal(leases(client), 0); /* and the client goes on */
  close_client(client);
}

static void what_its_callback_throws_is_logged(void **state) {
  (void)state;
  repolock_client_t *client = open_plugin("rude", "rude:throw-callback", NULL);
  assert_status(repolock_client_on_log(client, REPOLOCK_LOG_ERROR, NULL, NULL, NULL), REPOLOCK_OK);
  assert_status(try_to_lock(client, 1000), REPOLOCK_OK);
  await_log(client, "plugin_threw");
  assert_status(try_to_lock(client, 1000), REPOLOCK_OK);
  close_client(client);
}

static void what_its_close_throws_is_nothing(void **state) {
  (void)state;
  const struct talk with = talk();
  repolock_client_t *client = open_plugin("rude", "rude:throw-close", "rude.fd", with.option, NULL);
  close_client(client);
  hear(&with);
  hang_up(&with);
}

static void of_two_answers_the_first_counts(void **state) {
  (void)state;
  repolock_client_t *client = open_plugin("rude", "rude:twice", NULL);
  repolock_lease_t *lease = lock(client, "a/b");
  assert_int_equal(repolock_lease_fence(lease), 1);
  assert_status(try_to_lock(client, 1000), REPOLOCK_OK);
  assert_status(repolock_lease_status(lease), REPOLOCK_OK);
  unlock(lease);
  close_client(client);
}

static void an_answer_may_come_from_any_thread(void **state) {
  (void)state;
  const struct talk with = talk();
  repolock_client_t *client = open_plugin("rude", "rude:thread", "rude.fd", with.option, NULL);
  assert_status(try_to_lock(client, 30000), REPOLOCK_OK);
  close_client(client);
  hang_up(&with);
}

/* Whoever asks is not told later than its wait, and a node timeout. */
static void an_answer_that_never_comes_is_unknown(void **state) {
  (void)state;
  repolock_client_t *client = open_plugin("rude", "rude:never", "node_timeout_ms", "50", NULL);
  assert_status(repolock_client_on_log(client, REPOLOCK_LOG_ERROR, NULL, NULL, NULL), REPOLOCK_OK);
  assert_status(try_to_lock(client, 0), REPOLOCK_E_UNKNOWN);
  assert_contains(err, "no answer");
  const repolock_status_t status = try_to_lock(client, 200);
  if (status != REPOLOCK_E_UNKNOWN && status != REPOLOCK_E_UNAVAILABLE)
    assert_status(status, REPOLOCK_E_TIMEOUT);
  await_log(client, "plugin_threw"); /* out of cancel */
  close_client(client);
}

static void a_grant_that_comes_too_late_is_given_back(void **state) {
  (void)state;
  const struct talk with = talk();
  repolock_client_t *client =
      open_plugin("rude", "rude:late", "node_timeout_ms", "50", "rude.fd", with.option, NULL);
  assert_status(try_to_lock(client, 0), REPOLOCK_E_UNKNOWN);
  assert_int_equal(leases(client), 0);
  say(&with);
  hear(&with); /* now it is granted */
  await_no_leases(client);
  close_client(client);
  hang_up(&with);
}

static void an_answer_of_nothing_is_a_failure(void **state) {
  (void)state;
  repolock_client_t *client = open_plugin("rude", "rude:nothing", NULL);
  assert_status(try_to_lock(client, 1000), REPOLOCK_E_PLUGIN);
  assert_contains(err, "NULL");
  close_client(client);
}

static void what_comes_after_its_close_is_heard_by_nobody(void **state) {
  (void)state;
  const struct talk with = talk();
  repolock_client_t *client = open_plugin("rude", "rude:after-close", "rude.fd", with.option, NULL);
  repolock_client_t *other = open_plugin("rude", "rude:", NULL);
  assert_status(try_to_lock(client, 1000), REPOLOCK_OK);
  close_client(client);
  say(&with);
  hear(&with);
  assert_status(try_to_lock(other, 1000), REPOLOCK_OK);
  close_client(other);
  hang_up(&with);
}

static size_t threads(void) {
  size_t count = 0;
  DIR *tasks = opendir("/proc/self/task");
  assert_non_null(tasks);
  for (const struct dirent *entry; (entry = readdir(tasks)) != NULL;)
    count += entry->d_name[0] != '.';
  closedir(tasks);
  return count;
}

/* The client's thread ends all the same. */
static void what_it_leaves_behind_keeps_nothing_alive(void **state) {
  (void)state;
  const struct talk with = talk();
  const size_t before = threads();
  repolock_client_t *client = open_plugin("rude", "rude:leaves", "rude.fd", with.option, NULL);
  assert_status(try_to_lock(client, 1000), REPOLOCK_OK);
  close_client(client);
  hear(&with);
  while (threads() > before) usleep(1000);
  hang_up(&with);
}

static void what_blocks_holds_up_nobody_for_ever(void **state) {
  (void)state;
  const struct talk with = talk();
  repolock_client_t *client =
      open_plugin("rude", "rude:block", "node_timeout_ms", "50", "rude.fd", with.option, NULL);
  assert_status(repolock_client_on_log(client, REPOLOCK_LOG_ERROR, NULL, NULL, NULL), REPOLOCK_OK);
  assert_status(try_to_lock(client, 100), REPOLOCK_E_UNKNOWN);
  assert_contains(err, "has blocked the client's own thread");
  hear(&with); /* it is still in there */
  repolock_op_t *op = start_lock(client, "a/b", NULL);
  assert_status(repolock_op_wait(op, 50), REPOLOCK_E_PENDING);
  repolock_op_free(op);
  assert_status(repolock_shutdown(client, 0), REPOLOCK_E_UNKNOWN);
  say(&with); /* once it goes on, what it granted to nobody is given back */
  say(&with); /* and the second one */
  await_log(client, "backend_blocked");
  assert_status(repolock_shutdown(client, 0), REPOLOCK_OK);
  repolock_client_free(client);
  hang_up(&with);
}

int main(void) {
  alarm(HANG_SECONDS);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_can_behave),
      cmocka_unit_test(its_refusal_is_told_with_its_name),
      cmocka_unit_test(what_it_throws_is_a_status),
      cmocka_unit_test(what_its_callback_throws_is_logged),
      cmocka_unit_test(what_its_close_throws_is_nothing),
      cmocka_unit_test(of_two_answers_the_first_counts),
      cmocka_unit_test(an_answer_may_come_from_any_thread),
      cmocka_unit_test(an_answer_that_never_comes_is_unknown),
      cmocka_unit_test(a_grant_that_comes_too_late_is_given_back),
      cmocka_unit_test(an_answer_of_nothing_is_a_failure),
      cmocka_unit_test(what_comes_after_its_close_is_heard_by_nobody),
      cmocka_unit_test(what_it_leaves_behind_keeps_nothing_alive),
      cmocka_unit_test(what_blocks_holds_up_nobody_for_ever),
  };
  return RUN(tests);
}
