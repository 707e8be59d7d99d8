/* A neighbour that was stopped inside a queue of file: holds nobody up for longer than the wait. */
#include "api.h"

#include <fcntl.h>

/* Takes the byte that every process holds for some microseconds while it lines up. */
static int enter_and_stay(const struct place *place) {
  char path[128];
  struct flock section = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
  snprintf(path, sizeof path, "%s/a+b.lock", place->directory);
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  assert_true(fd >= 0);
  assert_int_equal(fcntl(fd, F_OFD_SETLK, &section), 0);
  return fd;
}

static void a_wait_ends_in_time_and_says_why(void **state) {
  repolock_client_t *client = open_client(*state);
  unlock(lock(client, "a/b")); /* the file is there */
  const int neighbour = enter_and_stay(*state);

  char err[REPOLOCK_ERR_SIZE] = "";
  repolock_lease_t *lease = NULL;
  repolock_request_t *request = new_request(1000, 500);
  assert_int_equal(repolock_acquire(client, NAME("a/b"), request, &lease, err, sizeof err),
                   REPOLOCK_E_TIMEOUT);
  assert_non_null(strstr(err, "some process is inside this queue"));
  assert_non_null(strstr(err, "a+b.lock"));

  repolock_request_set_wait(request, 0);
  assert_int_equal(repolock_acquire(client, NAME("a/b"), request, &lease, err, sizeof err),
                   REPOLOCK_E_HELD);
  close(neighbour);
  unlock(lock(client, "a/b"));
  repolock_request_free(request);
  close_client(client);
}

/* Whoever holds or waits already needs no one's leave to go on. */
static void it_stops_no_release_and_no_hand_off(void **state) {
  repolock_client_t *client = open_client(*state);
  repolock_lease_t *lease = lock(client, "a/b"), *next = NULL;
  repolock_op_t *op = NULL;
  assert_int_equal(repolock_acquire_start(client, NAME("a/b"), NULL, &op), REPOLOCK_OK);
  assert_int_equal(repolock_op_on_wait(op, NULL, NULL, NULL), REPOLOCK_OK);
  repolock_event_t *event = NULL;
  assert_int_equal(repolock_event_next(client, -1, &event), REPOLOCK_OK);
  repolock_event_free(event);
  const int neighbour = enter_and_stay(*state);

  unlock(lease);
  assert_int_equal(repolock_op_wait(op, -1), REPOLOCK_OK);
  assert_int_equal(repolock_op_take_lease(op, &next), REPOLOCK_OK);
  unlock(next);
  repolock_op_free(op);
  close(neighbour);
  close_client(client);
}

/* Who asked first stands first, also where the first had to come back and the second had not. */
static void a_client_keeps_the_order_of_its_asking(void **state) {
  repolock_client_t *client = open_client(*state);
  unlock(lock(client, "a/b"));
  const int neighbour = enter_and_stay(*state);
  repolock_op_t *first = NULL, *second = NULL;
  repolock_event_t *event = NULL;
  assert_int_equal(repolock_acquire_start(client, NAME("a/b"), NULL, &first), REPOLOCK_OK);
  assert_int_equal(repolock_op_on_wait(first, NULL, NULL, NULL), REPOLOCK_OK);
  assert_int_equal(repolock_event_next(client, -1, &event), REPOLOCK_OK); /* it was sent away */
  repolock_event_free(event);
  close(neighbour);
  assert_int_equal(repolock_acquire_start(client, NAME("a/b"), NULL, &second), REPOLOCK_OK);

  repolock_lease_t *lease = NULL;
  assert_int_equal(repolock_op_wait(first, 10000), REPOLOCK_OK);
  assert_int_equal(repolock_op_status(second), REPOLOCK_E_PENDING);
  assert_int_equal(repolock_op_take_lease(first, &lease), REPOLOCK_OK);
  unlock(lease);
  assert_int_equal(repolock_op_wait(second, -1), REPOLOCK_OK);
  repolock_op_free(first);
  repolock_op_free(second);
  close_client(client);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_FILE(a_wait_ends_in_time_and_says_why),
      ON_FILE(it_stops_no_release_and_no_hand_off),
      ON_FILE(a_client_keeps_the_order_of_its_asking),
  };
  return RUN(tests);
}
