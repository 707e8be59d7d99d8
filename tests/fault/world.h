/* world.h - a client in some situation, what it was promised, and what must hold when it is left: no
 * lock stays held, nothing was told twice or never, every thread has ended.
 */
#ifndef REPOLOCK_TESTS_WORLD_H
#define REPOLOCK_TESTS_WORLD_H

#include "api/api.h"
#include "row.h"
#include "support/threads.h"

#include <time.h>

enum {
  LISTENERS = 4,
  FILE_TTL_MS = 2,     /* of a lease that nobody could release any more; else it has no end there */
  REDIS_TTL_MS = 5000, /* as long as it may stay there */
  MAX_HOLD_MS = 10,
  ANSWERS = 32
};

/* Who was promised to be told, and was, how often. */
struct heard {
  bool promised, must_be_told; /* of a loss that does not come, or by a freed handle, nobody is */
  int told, ended;
};

struct call;

struct world {
  struct place place; /* on a server, one where nobody has been */
  const struct call *call;
  repolock_client_t *client;
  repolock_lease_t *lease; /* of a/b */
  repolock_op_t *op;
  struct heard heard[LISTENERS];
  int listeners;
  repolock_status_t answers[ANSWERS];
  int answered;
  int64_t wait_ms; /* of the calls: what is not to be had is asked for so long */
  int64_t ttl_ms;
  int threads; /* of the process, before */
};

struct call {
  const char *name;
  void (*prepare)(struct world *);
  void (*make)(struct world *);
};

/* ---- Answers and news: none of it needs memory ------------------------------------------------ */

static inline bool answer(struct world *world, repolock_status_t status) {
  if (world->answered < ANSWERS) world->answers[world->answered++] = status;
  return status == REPOLOCK_OK;
}

static inline void answer_pointer(struct world *world, const void *made) {
  answer(world, made == NULL ? REPOLOCK_E_NOMEM : REPOLOCK_OK);
}

static inline void hear_event(const repolock_event_t *event, void *data) {
  struct heard *heard = data;
  if (repolock_event_kind(event) != REPOLOCK_EVENT_WAITING)
    __atomic_add_fetch(&heard->told, 1, __ATOMIC_SEQ_CST);
}

static inline void hear_end(void *data) {
  struct heard *heard = data;
  __atomic_add_fetch(&heard->ended, 1, __ATOMIC_SEQ_CST);
}

static inline void listen_done(struct world *world, repolock_op_t *op) {
  struct heard *heard = &world->heard[world->listeners++];
  const repolock_status_t status = repolock_op_on_done(op, hear_event, heard, hear_end);
  heard->promised = heard->must_be_told = status == REPOLOCK_OK;
  /* A shutdown may be over, and with it the thread that would tell. */
  if (status == REPOLOCK_E_SHUTDOWN && repolock_op_status(op) != REPOLOCK_E_PENDING) return;
  answer(world, status);
}

static inline void listen_wait(struct world *world, repolock_op_t *op) {
  struct heard *heard = &world->heard[world->listeners++];
  heard->promised = answer(world, repolock_op_on_wait(op, hear_event, heard, hear_end));
}

static inline void listen_lost(struct world *world, repolock_lease_t *lease) {
  struct heard *heard = &world->heard[world->listeners++];
  heard->promised = answer(world, repolock_lease_on_lost(lease, hear_event, heard, hear_end));
}

/* All of it, whatever signals come. */
static inline void nap(int64_t ms) {
  struct timespec left = {0, (long)ms * 1000000};
  while (nanosleep(&left, &left) != 0) continue;
}

/* That acquisition of a/b waits, or has it: on a busy machine the lease before it, with its short
 * ttl, may have run out. */
static inline void await_waiting(repolock_client_t *client, const repolock_op_t *op) {
  for (bool waits = false; !waits && repolock_op_status(op) == REPOLOCK_E_PENDING;) {
    repolock_snapshot_t *snapshot = inspect(client, "a/b");
    waits = rows_of_kind(snapshot, REPOLOCK_ROW_WAITER) == 1;
    repolock_snapshot_free(snapshot);
    if (!waits) usleep(1000);
  }
}

/* ---- Before and after ------------------------------------------------------------------------ */

static inline void enter_world(struct world *world, const struct place *place,
                               const struct call *call, int64_t wait_ms) {
  static int worlds;
  char wait[32], ttl[32];
  memset(world, 0, sizeof *world);
  snprintf(wait, sizeof wait, "%" PRId64, wait_ms);
  world->wait_ms = wait_ms;
  world->ttl_ms = is_file(place) ? FILE_TTL_MS : is_redis(place) ? REDIS_TTL_MS : 20000;
  snprintf(ttl, sizeof ttl, "%" PRId64, world->ttl_ms);
  world->place = *place;
  if (is_redis(place))
    snprintf(world->place.prefix, sizeof world->place.prefix, "world%d:", ++worlds);
  world->call = call;
  world->threads = threads_of_this_process();
  world->client =
      is_file(place) || is_redis(place)
          ? open_with(&world->place, "wait_ms", wait, "max_ttl_ms", ttl, "ttl_ms", ttl, NULL)
          : open_with(place, "wait_ms", wait, NULL);
  call->prepare(world);
}

static inline void judge_news(struct row *row, const struct world *world) {
  for (int i = 0; i < world->listeners; ++i) {
    const struct heard *heard = &world->heard[i];
    const int ended = __atomic_load_n(&heard->ended, __ATOMIC_SEQ_CST);
    const int told = __atomic_load_n(&heard->told, __ATOMIC_SEQ_CST);
    MUST(row, ended == (heard->promised ? 1 : 0));
    MUST(row, told <= ended);
    MUST(row, told == 1 || !heard->must_be_told);
  }
}

/* The client is of use, though its server may have to be called again first; or says why not. */
static inline void judge_client(struct row *row, const struct world *world) {
  char err[REPOLOCK_ERR_SIZE] = "";
  repolock_lease_t *lease = NULL;
  repolock_request_t *request = new_request(world->ttl_ms, -1);
  const repolock_status_t status =
      repolock_acquire(world->client, NAME("e/f"), request, &lease, err, sizeof err);
  repolock_request_free(request);
  const bool has_ended = status == REPOLOCK_E_SHUTDOWN || status == REPOLOCK_E_NOMEM;
  MUST(row, status == REPOLOCK_OK || (has_ended && err[0] != '\0'));
  if (lease != NULL) MUST(row, repolock_release(lease) == REPOLOCK_OK);
  repolock_lease_free(lease);
}

/* No lock stays held. Files are seen by a client that knows of nothing; a server is looked at when all
 * is over (left_on_server). */
static inline void judge_lock(struct row *row, const struct world *world) {
  if (!is_file(&world->place)) return;
  repolock_client_t *other = open_client(&world->place);
  repolock_lease_t *lease = NULL;
  MUST(row, repolock_acquire(other, NAME("a/b"), NULL, &lease, NULL, 0) == REPOLOCK_OK);
  MUST(row, repolock_release(lease) == REPOLOCK_OK);
  repolock_lease_free(lease);
  close_client(other);
}

static inline void leave_world(struct row *row, struct world *world) {
  const uint64_t before = row->violations;
  if (world->client != NULL) judge_client(row, world);
  if (world->lease != NULL) repolock_release(world->lease);
  /* While the client lives, unless an op of it may have the lock: its end would free all. */
  if (world->op == NULL) judge_lock(row, world);
  if (world->client != NULL) repolock_shutdown(world->client, 0);
  if (world->op != NULL) judge_lock(row, world);
  repolock_op_free(world->op);
  repolock_lease_free(world->lease);
  repolock_client_free(world->client);
  while (threads_of_this_process() > world->threads) usleep(500);
  judge_news(row, world);
  if (row->violations != before) fprintf(stderr, "  ^ in %s\n", world->call->name);
}

/* A store of each client's own: one with a name remembers for a while who lost what. */
static inline int own_store(void **state) {
  const int result = memory_place(state);
  if (result == 0) strcpy(((struct place *)*state)->url, "memory:");
  return result;
}

/* clang-format off */
#define ON_OWN_STORE(test) {#test " (memory:)", test, own_store, leave_place, NULL}
/* clang-format on */

#endif
