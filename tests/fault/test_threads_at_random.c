/* 64 threads do at random all that may be done to handles which they share: acquire, wait, cancel,
 * take, extend, release, break, free, and shut down the very clients. Nobody meets anybody inside,
 * every call comes back, and each promise to call is kept once. For the thread sanitizer above all. */
#include "left_on_server.h"
#include "world.h"

#include <sched.h>

enum {
  THREADS = 64,
  STEPS = 40,
  CLIENTS = 3,
  SLOTS = 24,
  NAMES = 4,
  VISITED = 8, /* the first ones are those of the shared handles */
  TTL = 300
};

static const char *const names[VISITED] = {"a/b", "c/d", "e/f", "g/h", "i/j", "k/l", "m/n", "o/p"};

/* A handle that any thread may use; who frees it makes sure that nobody is inside a call on it. */
struct slot {
  pthread_rwlock_t lock;
  repolock_op_t *op;
  repolock_lease_t *lease;
};

struct crowd {
  const struct place *place;
  struct row *row;
  struct {
    pthread_rwlock_t lock;
    repolock_client_t *client;
  } clients[CLIENTS];
  struct slot slots[SLOTS];
  int promised, ended, told;
  int inside[VISITED], visits, shutdowns, canceled, next;
};

static int plus(int *counter, int more) {
  return __atomic_add_fetch(counter, more, __ATOMIC_SEQ_CST);
}

static void hear_done(const repolock_event_t *event, void *data) {
  struct crowd *crowd = data;
  (void)event;
  plus(&crowd->told, 1);
}

static void hear_end_of(void *data) {
  struct crowd *crowd = data;
  plus(&crowd->ended, 1);
}

/* ---- What a thread may want ------------------------------------------------------------------ */

static uint32_t roll(uint32_t *random) {
  *random = *random * 1664525u + 1013904223u;
  return *random >> 8;
}

/* Its own lease, which it shows to nobody: while that is held it is alone. */
static void visit(struct crowd *crowd, repolock_client_t *client, uint32_t dice) {
  const uint32_t which = dice % VISITED;
  repolock_lease_t *lease = NULL;
  /* A server keeps what a client that was shut down had, until its ttl is over. */
  repolock_request_t *request = new_request(TTL, is_redis(crowd->place) ? 200 : 20);
  if (repolock_acquire(client, NAME(names[which]), request, &lease, NULL, 0) == REPOLOCK_OK) {
    const int company = plus(&crowd->inside[which], 1);
    sched_yield();
    plus(&crowd->inside[which], -1);
    /* Where the client was shut down meanwhile, and the ttl has passed, it may have had company. */
    MUST(crowd->row, company == 1 || repolock_lease_status(lease) != REPOLOCK_OK);
    plus(&crowd->visits, 1);
    repolock_release(lease);
    repolock_lease_free(lease);
  }
  repolock_request_free(request);
}

static void put_op(struct crowd *crowd, repolock_client_t *client, uint32_t dice) {
  struct slot *slot = &crowd->slots[dice / 8 % SLOTS];
  repolock_op_t *op = NULL;
  repolock_request_t *request = new_request(TTL, 30);
  if (dice % 3 == 0) repolock_request_set_shared(request, 1);
  if (dice % 5 == 0) repolock_request_add_repo(request, NAME(names[(dice + 1) % NAMES]));
  if (repolock_acquire_start(client, NAME(names[dice % NAMES]), request, &op) == REPOLOCK_OK) {
    if (dice % 2 == 0 && repolock_op_on_done(op, hear_done, crowd, hear_end_of) == REPOLOCK_OK)
      plus(&crowd->promised, 1);
    if (dice % 7 == 0 && repolock_op_on_wait(op, hear_done, crowd, hear_end_of) == REPOLOCK_OK)
      plus(&crowd->promised, 1);
    pthread_rwlock_wrlock(&slot->lock);
    repolock_op_t *old = slot->op;
    slot->op = op;
    pthread_rwlock_unlock(&slot->lock);
    repolock_op_free(old);
  }
  repolock_request_free(request);
}

/* Many may be inside here with one op. */
static void use_op(struct crowd *crowd, uint32_t dice) {
  struct slot *slot = &crowd->slots[dice / 8 % SLOTS];
  repolock_lease_t *lease = NULL, *old = NULL;
  repolock_snapshot_t *snapshot = NULL;
  pthread_rwlock_rdlock(&slot->lock);
  if (slot->op != NULL) {
    if (dice % 4 == 0) {
      repolock_op_cancel(slot->op);
      plus(&crowd->canceled, 1);
    }
    repolock_op_wait(slot->op, dice % 3);
    repolock_op_status(slot->op);
    repolock_op_message(slot->op);
    if (repolock_op_snapshot(slot->op, &snapshot) == REPOLOCK_OK) repolock_snapshot_free(snapshot);
    if (repolock_op_take_lease(slot->op, &lease) != REPOLOCK_OK) lease = NULL;
  }
  pthread_rwlock_unlock(&slot->lock);
  if (lease == NULL) return;
  if (dice % 2 == 0 && repolock_lease_on_lost(lease, hear_done, crowd, hear_end_of) == REPOLOCK_OK)
    plus(&crowd->promised, 1);
  pthread_rwlock_wrlock(&slot->lock);
  old = slot->lease;
  slot->lease = lease;
  pthread_rwlock_unlock(&slot->lock);
  repolock_lease_free(old);
}

static void use_lease(struct crowd *crowd, repolock_client_t *client, uint32_t dice) {
  struct slot *slot = &crowd->slots[dice / 8 % SLOTS];
  repolock_lease_t *old = NULL;
  pthread_rwlock_rdlock(&slot->lock);
  if (slot->lease != NULL) {
    repolock_op_t *op = NULL;
    repolock_lease_status(slot->lease);
    repolock_lease_remaining_ms(slot->lease);
    repolock_lease_message(slot->lease);
    if (dice % 5 == 0) repolock_extend(slot->lease, TTL);
    if (dice % 5 == 1) repolock_release(slot->lease);
    if (dice % 5 == 2) repolock_release_start(slot->lease, NULL);
    if (dice % 5 == 3 && repolock_break_start(client, NAME(names[dice / 3 % NAMES]),
                                              repolock_lease_id(slot->lease), &op) == REPOLOCK_OK)
      repolock_op_free(op);
  }
  pthread_rwlock_unlock(&slot->lock);
  if (dice % 3 != 0) return;
  pthread_rwlock_wrlock(&slot->lock);
  old = slot->lease;
  slot->lease = NULL;
  pthread_rwlock_unlock(&slot->lock);
  repolock_lease_free(old);
}

/* In the middle of all the others' calls; they find another one in its place. */
static void replace_client(struct crowd *crowd, uint32_t dice) {
  const uint32_t which = dice % CLIENTS;
  pthread_rwlock_rdlock(&crowd->clients[which].lock);
  MUST(crowd->row, repolock_shutdown(crowd->clients[which].client, dice % 4) == REPOLOCK_OK);
  pthread_rwlock_unlock(&crowd->clients[which].lock);
  repolock_client_t *fresh = open_client(crowd->place), *old = NULL;
  pthread_rwlock_wrlock(&crowd->clients[which].lock);
  old = crowd->clients[which].client;
  crowd->clients[which].client = fresh;
  pthread_rwlock_unlock(&crowd->clients[which].lock);
  repolock_client_free(old);
  plus(&crowd->shutdowns, 1);
}

static void *take_part(void *data) {
  struct crowd *crowd = data;
  uint32_t random = fault_seed() * 2654435761u + 40503u * (uint32_t)plus(&crowd->next, 1);
  for (int step = 0; step < STEPS; ++step) {
    const uint32_t way = roll(&random), dice = roll(&random), which = roll(&random) % CLIENTS;
    if (way % 64 == 0) {
      replace_client(crowd, dice);
      continue;
    }
    pthread_rwlock_rdlock(&crowd->clients[which].lock);
    repolock_client_t *client = crowd->clients[which].client;
    if (way % 4 == 0) visit(crowd, client, dice);
    if (way % 4 == 1) put_op(crowd, client, dice);
    if (way % 4 == 2) use_op(crowd, dice);
    if (way % 4 == 3) use_lease(crowd, client, dice);
    pthread_rwlock_unlock(&crowd->clients[which].lock);
  }
  return NULL;
}

/* ---- The crowd ------------------------------------------------------------------------------- */

static void run_crowd(struct row *row, struct crowd *crowd) {
  pthread_t threads[THREADS];
  for (int i = 0; i < CLIENTS; ++i) {
    pthread_rwlock_init(&crowd->clients[i].lock, NULL);
    crowd->clients[i].client = open_client(crowd->place);
  }
  for (int i = 0; i < SLOTS; ++i) pthread_rwlock_init(&crowd->slots[i].lock, NULL);
  for (int i = 0; i < THREADS; ++i)
    assert_int_equal(pthread_create(&threads[i], NULL, take_part, crowd), 0);
  for (int i = 0; i < THREADS; ++i) pthread_join(threads[i], NULL);
  for (int i = 0; i < CLIENTS; ++i)
    MUST(row, repolock_shutdown(crowd->clients[i].client, 0) == REPOLOCK_OK);
  for (int i = 0; i < SLOTS; ++i) {
    repolock_op_free(crowd->slots[i].op);
    repolock_lease_free(crowd->slots[i].lease);
    pthread_rwlock_destroy(&crowd->slots[i].lock);
  }
  for (int i = 0; i < CLIENTS; ++i) {
    repolock_client_free(crowd->clients[i].client);
    pthread_rwlock_destroy(&crowd->clients[i].lock);
  }
  const int ended = __atomic_load_n(&crowd->ended, __ATOMIC_SEQ_CST);
  MUST(row, ended == crowd->promised);
  MUST(row, crowd->shutdowns > 0);
}

static void nobody_meets_anybody(void **state) {
  static struct crowd crowd;
  const bool is_on_redis = is_redis(*state);
  struct row row = is_on_redis ? begin_row("64 threads at random, redis:", 1)
                               : begin_row("64 threads at random", 3);
  const int threads = threads_of_this_process();
  int visits = 0, shutdowns = 0, canceled = 0, told = 0;
  while (again(&row)) {
    memset(&crowd, 0, sizeof crowd);
    crowd.place = *state;
    crowd.row = &row;
    crowd.next = (int)row.runs * THREADS;
    run_crowd(&row, &crowd);
    while (threads_of_this_process() > threads) usleep(500);
    visits += crowd.visits, shutdowns += crowd.shutdowns, canceled += crowd.canceled;
    told += __atomic_load_n(&crowd.told, __ATOMIC_SEQ_CST);
  }
  repolock_client_t *client = open_client(*state);
  for (int i = 0; i < VISITED; ++i) unlock(lock(client, names[i]));
  close_client(client);
  if (is_on_redis) MUST(&row, nothing_is_left(*state));
  MUST(&row, visits > 0);
  assert_true(end_row(&row, "seed %lu: %d visits, %d shutdowns, %d cancels, %d told",
                      (unsigned long)fault_seed(), visits, shutdowns, canceled, told));
}

int main(void) {
  const struct CMUnitTest tests[] = {ON_BOTH(nobody_meets_anybody), ON_REDIS(nobody_meets_anybody)};
  return RUN(tests);
}
