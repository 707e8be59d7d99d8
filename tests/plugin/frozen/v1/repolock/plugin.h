/* plugin.h - for authors of backends, and for nobody else.
 *
 * A backend is where locks live: files, memory, Redis, etcd. It is one table of functions that a
 * client calls, and it answers through another table, the host's. It links to nothing of ours, so
 * it works beside a static or a dynamic librepolock, also one that was loaded RTLD_LOCAL.
 *
 * The rules
 *  1 One thread. After open, every call into a backend comes from the client's own thread, one at
 *    a time, never from inside a call to the host (it may hold a mutex there); so do watches, timers
 *    and posts. A backend starts no event loop of its own, and blocks in nothing: a blocked backend
 *    renews no lease. open runs before that thread starts.
 *  2 One answer. Each submitted request is answered exactly once, from any thread, also inside
 *    submit. A late answer is welcome, an answer to an unknown id is ignored. After close nothing
 *    is answered any more.
 *  3 Borrowed. All that a call hands over, either way, is good for the time of the call: copy it.
 *  4 Time is int64_t milliseconds on host->now, which runs while the machine sleeps
 *    (CLOCK_BOOTTIME). Never wall clock. INT64_MAX: without end.
 *  5 Growth. Every struct begins with struct_size: the sender's size of it. A field is there if it
 *    ends within that size. Fields and slots are appended, never moved, changed or reused. In an
 *    array each element has the struct_size of the first one: step by that, not by sizeof.
 *  6 No exception leaves a backend, no longjmp crosses it, no signal is touched, nothing is
 *    printed.
 *  7 Order. Requests for one lease take effect in the order of submit, or not at all: an older
 *    renewal that arrives late must not shorten the lease, nor a late acquire bring a released one
 *    back. Requests for several leases may overtake each other.
 *  8 Never lie. What a backend cannot know is REPOLOCK_E_UNKNOWN; a fence never goes back; a
 *    capability that does not hold in this configuration is not claimed.
 */
#ifndef REPOLOCK_PLUGIN_H
#define REPOLOCK_PLUGIN_H

#include <repolock/repolock.h>

#ifdef __cplusplus
extern "C" {
#endif

#define REPOLOCK_PLUGIN_ABI 1u

/* ---- What travels ---------------------------------------------------------------------------- */

/* The kinds of request. */
enum {
  REPOLOCK_REQUEST_ACQUIRE = 1,
  REPOLOCK_REQUEST_EXTEND = 2,
  REPOLOCK_REQUEST_RELEASE = 3,
  REPOLOCK_REQUEST_INSPECT = 4,
  REPOLOCK_REQUEST_BREAK = 5,
  REPOLOCK_REQUEST_DIAGNOSE = 6
};

/* Who asks: for whoever waits behind it, never a ground to take a lock away. */
typedef struct repolock_owner {
  uint32_t struct_size;
  const char *host;    /* host name */
  const char *boot_id; /* of this start of the machine; "" unknown */
  const char *holder;  /* the job, as the caller named it; "" none */
  int64_t pid;         /* process */
  int64_t pid_start;   /* start time of the process in clock ticks since boot; -1 unknown */
} repolock_owner_t;

/* One lease of one name. A lease of several names travels as several claims with one lease_id. */
typedef struct repolock_claim {
  uint32_t struct_size;
  int32_t shared;       /* 1: together with other shared ones */
  const char *repo;     /* canonical; 1 to 512 bytes */
  const char *lease_id; /* 32 hex digits of randomness: who has it, holds it. "" in inspect */
  uint64_t fence;       /* extend, release: as granted; else 0 */
  int64_t ttl_ms;       /* acquire, extend: for so long, from the sending on */
  int32_t ended;        /* release: REPOLOCK_PREVIOUS_*, as which it ended */
  int32_t inherited;    /* release: 1 = copies of inherit_fd may be open elsewhere, so that its
                           descriptor must not serve another lease */
} repolock_claim_t;

typedef struct repolock_backend_request {
  uint32_t struct_size;
  int32_t kind;                   /* REPOLOCK_REQUEST_* */
  uint64_t id;                    /* never used twice within one client */
  const repolock_claim_t *claims; /* acquire, break: 1. extend, release: 1 or more. inspect: 1, or
                                     0 = all. diagnose: 0 */
  size_t claim_count;             /* of claims */
  const repolock_owner_t *owner;  /* acquire; else NULL */
  int32_t wait;                   /* acquire: 1 = stand in the queue; 0 = answer E_HELD at once */
  int64_t deadline_ms;            /* on host->now: what has not been granted by then must not be.
                                     INT64_MAX: no limit */
} repolock_backend_request_t;

/* Why a lease is gone. */
enum {
  REPOLOCK_LOST_EXPIRED = 1,
  REPOLOCK_LOST_BROKEN = 2,
  REPOLOCK_LOST_STOLEN = 3,
  REPOLOCK_LOST_DATA = 4
};

/* What became of one claim of an acquire, extend, release or break. */
typedef struct repolock_grant {
  uint32_t struct_size;
  repolock_status_t status; /* OK; HELD (wait 0, or no WAIT); LOST; UNAVAILABLE; UNKNOWN;
                               DENIED ... */
  const char *message;      /* one sentence that says why, or NULL */
  int32_t reason;           /* with LOST: REPOLOCK_LOST_* */
  int32_t previous;         /* acquire: REPOLOCK_PREVIOUS_* */
  uint64_t fence;           /* acquire: grows over the exclusive grants of a name, 1 to 2^53 - 1 */
  int64_t valid_until_ms;   /* acquire, extend: nobody else has it before. INT64_MAX: while this
                               process lives */
  int32_t inherit_fd;       /* acquire: open until its release is submitted; keeps the lock while
                               any copy is open. -1: none */
} repolock_grant_t;

/* One row of a snapshot: see REPOLOCK_ROW_*, REPOLOCK_TEXT_* and REPOLOCK_NUMBER_*. NULL or -1: no
 * such field. */
typedef struct repolock_row {
  uint32_t struct_size;
  int32_t row;
  const char *repo, *lease_id, *holder, *host, *status, *message;
  int64_t pid, fence, shared, place, age_ms, remaining_ms;
} repolock_row_t;

typedef struct repolock_answer {
  uint32_t struct_size;
  repolock_status_t status;       /* of the request as a whole; OK: look at each grant */
  const char *message;            /* or NULL */
  const repolock_grant_t *grants; /* one for each claim, in their order; none where status is not
                                     OK */
  size_t grant_count;             /* of grants */
  const repolock_row_t *rows;     /* inspect: all. acquire that failed: the holders, the nodes.
                                     diagnose: findings as NODE rows */
  size_t row_count;               /* of rows */
} repolock_answer_t;

/* ---- The host: what a backend may call ------------------------------------------------------- */

typedef struct repolock_host repolock_host_t;   /* the client that opened this backend */
typedef struct repolock_watch repolock_watch_t; /* a descriptor being watched */
typedef struct repolock_timer repolock_timer_t; /* one point in time */

typedef void (*repolock_post_cb)(void *data);
typedef void (*repolock_ready_cb)(void *data, int32_t events);

enum {
  REPOLOCK_READABLE = 1,
  REPOLOCK_WRITABLE = 2
};

typedef struct repolock_host_api {
  uint32_t struct_size;
  uint32_t abi_version;

  /* Any thread. */
  void (*answer)(repolock_host_t *host, uint64_t request_id, const repolock_answer_t *answer);
  /* An acquire stands in the queue, or its place or the holder changed: holders, then itself as the
   * one waiter. */
  void (*waiting)(repolock_host_t *host, uint64_t request_id, const repolock_row_t *rows,
                  size_t count);
  /* Without WAIT: this name may be free now, ask again. */
  void (*wake)(repolock_host_t *host, const char *repo);
  /* Unasked: that lease of that name is gone. */
  void (*revoked)(repolock_host_t *host, const char *repo, const char *lease_id, int32_t reason,
                  const char *message);
  /* A server of the backend came (up = 1) or went. */
  void (*node)(repolock_host_t *host, const char *node, int32_t up, const char *message);
  /* level: REPOLOCK_LOG_*; event: a constant word such as "queue_repaired". */
  void (*log)(repolock_host_t *host, int32_t level, const char *event, const char *message);
  /* Runs callback on the client's thread; 0 = out of memory, it will not run. Nor will one that has
   * not run by close. */
  int32_t (*post)(repolock_host_t *host, repolock_post_cb callback, void *data);
  int64_t (*now)(repolock_host_t *host);
  /* From the kernel's generator; 0 = none to be had. */
  int32_t (*random)(repolock_host_t *host, void *out, size_t len);

  /* Client's thread, or inside open. NULL: out of memory, or not a descriptor that can be
   * watched. */
  repolock_watch_t *(*watch_fd)(repolock_host_t *host, int32_t fd, int32_t events,
                                repolock_ready_cb callback, void *data);
  /* events: 0 = pause. */
  void (*watch_set)(repolock_watch_t *watch, int32_t events);
  /* Before its fd is closed. */
  void (*watch_free)(repolock_watch_t *watch);
  repolock_timer_t *(*timer_new)(repolock_host_t *host, repolock_post_cb callback, void *data);
  /* Fires once, then rests; INT64_MAX = rest. */
  void (*timer_set)(repolock_timer_t *timer, int64_t at_ms);
  void (*timer_free)(repolock_timer_t *timer);
  /* Client's thread. Runs callback once, after whatever is running now and before the thread sleeps:
   * to send in one go what many calls have to say. 0 = out of memory, it will not run. Nor will one
   * that has not run by close. */
  int32_t (*later)(repolock_host_t *host, repolock_post_cb callback, void *data);
  /* ---- everything above: ABI 1. Append only. ---- */
} repolock_host_api_t;

/* ---- The backend: what a client may call ----------------------------------------------------- */

/* Beside the REPOLOCK_CAN_* of repolock.h, which it claims where they hold. */
enum {
  REPOLOCK_CAN_WAIT = 1 << 16,        /* has a queue of its own; without it the library asks again,
                                         with full jitter */
  REPOLOCK_CAN_NEVER_EXPIRE = 1 << 17 /* leases end with the process; the library renews nothing by
                                         itself */
};

/* How to open: the URL, and the options "<scheme>.*" of the config that were set, verbatim. An
 * option that the backend does not know is its E_INVALID. */
typedef struct repolock_open_params {
  uint32_t struct_size;
  const char *url;
  const char *const *keys;
  const char *const *values;
  size_t option_count;
  int64_t max_ttl_ms;
  int64_t node_timeout_ms; /* an answer that takes longer is unknown: the library waits no more */
} repolock_open_params_t;

typedef struct repolock_backend_api {
  uint32_t struct_size;
  uint32_t abi_version;
  const char *schemes;   /* of the URLs it opens, without the colon, with a space between */
  const char *version;   /* its own, for people */
  uint64_t capabilities; /* REPOLOCK_CAN_*: the most that it can */

  /* REQUIRED. err: one sentence that names the value and the remedy. May read files; must not wait
   * for a server. */
  repolock_status_t (*open)(const repolock_host_api_t *api, repolock_host_t *host,
                            const repolock_open_params_t *params, void **self, char *err,
                            size_t err_size);
  /* REQUIRED. */
  void (*submit)(void *self, const repolock_backend_request_t *request);
  /* REQUIRED. The caller of that acquire has gone: answer E_CANCELED soon, or what it is if that is
   * known already. An unknown id, or one that was answered: ignore it. */
  void (*cancel)(void *self, uint64_t request_id);
  /* REQUIRED. Frees all watches, timers and self; what is held is left to its ttl. Answers nothing
   * any more. */
  void (*close)(void *self);
  /* Optional: what holds as it was opened. Default: capabilities above. */
  uint64_t (*effective_capabilities)(void *self);
  /* ---- everything above: ABI 1. Append only. ---- */
} repolock_backend_api_t;

/* The one symbol of a plugin. wanted_abi: the newest that the library speaks; a plugin that only
 * speaks an older one answers NULL and is asked again with a lower number. Both tables are static:
 * neither side ever writes to the other's. */
#define REPOLOCK_PLUGIN_ENTRY "repolock_plugin_init"
typedef const repolock_backend_api_t *(*repolock_plugin_init_fn)(const repolock_host_api_t *host,
                                                                 uint32_t wanted_abi);

#ifdef __cplusplus
}
#endif
#endif
