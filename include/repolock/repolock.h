/* repolock.h - one lock for each git repository, across threads, processes, languages and hosts.
 *
 *   repolock_client_t *client; repolock_lease_t *lease; char err[REPOLOCK_ERR_SIZE];
 *   if (repolock_client_open(NULL, &client, err, sizeof err) != REPOLOCK_OK) return puts(err);
 *   if (repolock_acquire(client, "owner/name", 10, NULL, &lease, err, sizeof err) == REPOLOCK_OK) {
 *     ... clone, pull or delete ...
 *     repolock_release(lease);
 *     repolock_lease_free(lease);
 *   }
 *
 * Conventions
 *  1 Handles. Every type is opaque. What a function gives, the *_free of its type takes back.
 *    *_free accepts NULL, never blocks, never calls out, and may come in any order and from a
 *    finalizer: a child outlives its client, and then says E_SHUTDOWN. A NULL handle elsewhere is
 *    E_INVALID, or 0 or "" from a getter. One thing is left to the caller: not to free a handle
 *    while another thread is inside a call on that same handle.
 *  2 Statuses. A function that can fail returns repolock_status_t. Outputs are written only on
 *    REPOLOCK_OK; err (NULL, 0: not wanted) only on failure: one sentence that names the value and
 *    the remedy, cut at err_size.
 *  3 Text is UTF-8. Names and labels come in as pointer and length (a NUL inside is E_INVALID, not
 *    an end); keys, values and ids end in NUL. All is copied before return. Text out ends in NUL,
 *    is borrowed, and stays as it is until its handle is freed.
 *  4 Time is int64_t milliseconds; as a limit, 0 = do not wait and -1 = without end. It runs on
 *    while the machine sleeps; wall clock is never used. No signal ends a wait: a runtime that must
 *    see signals waits in slices, or polls repolock_event_fd.
 *  5 Operations. The five simple calls block; all of them, and what is rarer, are there as *_start,
 *    which gives an op. An op completes exactly once: result, error, E_CANCELED or E_SHUTDOWN.
 *    Whatever is wrong (a name, a value, a client shut down) is the op's result, in words; *_start
 *    itself fails only with E_NOMEM, E_FORKED, or E_INVALID for a NULL, and then there is no op.
 *  6 News is an event: an op is done, a waiter moved up, a lease is lost, a log line. on_* says,
 *    once, who hears of it. A callback: it runs on the client's own thread, one at a time, on an
 *    event borrowed for the call. NULL: the event waits in the client's queue for
 *    repolock_event_next, and no foreign thread ever enters the caller's runtime. What has happened
 *    already is told at once, but never inside on_*. If on_* fails nothing was kept, called or
 *    freed. E_SHUTDOWN: the client's shutdown is complete or it was freed, nobody is told anything
 *    any more, and the status of every op and lease is final: ask it.
 *  7 Callbacks must not block, throw, unwind or longjmp. They may call whatever does not block and
 *    free any handle, their own included. user_data is any bit pattern; for the queue take a number
 *    never used twice, not a handle's address: you may hold an event of a freed handle whose
 *    address lives again. free_user_data (NULL: none, and always so for the queue) is called once,
 *    last, on the client's thread. After a handle was freed no callback of its own starts (one may
 *    be running) and its queued events are gone.
 *  8 Any function may be called from any thread, also at once on one handle, unless its comment
 *    says otherwise.
 *  9 After fork() what the parent made says E_FORKED in the child; *_free works there and leaves
 *    the parent's locks alone.
 * 10 The library installs no signal handler, writes to no stream, reads no environment, never calls
 *    exit or abort.
 *
 * Each comment ends in [Blocks; Gives; Errors]: how long it may block (then it is E_WRONG_THREAD in
 * a callback), what the caller has to free, and its statuses beside E_INVALID, E_NOMEM, E_FORKED,
 * which all may return. A dash: none. All of it is since 0.1.
 */
#ifndef REPOLOCK_H
#define REPOLOCK_H

#include <repolock/export.h>
#include <repolock/version.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One of these; more may come: treat an unknown one as E_INTERNAL. */
typedef int32_t repolock_status_t;
enum {
  REPOLOCK_OK = 0,
  REPOLOCK_E_INVALID = -1,        /* bad argument, key, name or value; lease already released or
                                     taken; nothing was sent */
  REPOLOCK_E_NOMEM = -2,          /* out of memory; where the client's own thread is, the client
                                     ends as if it was freed, and all are told */
  REPOLOCK_E_TIMEOUT = -3,        /* not obtained within the request's wait: the bindings'
                                     LockTimeoutError; retryable */
  REPOLOCK_E_HELD = -4,           /* wait 0 only: somebody else holds it; retryable */
  REPOLOCK_E_LOST = -5,           /* it was held, and is not (expired, broken, stolen, data lost) */
  REPOLOCK_E_UNKNOWN = -6,        /* no answer: it may or may not hold; cleaned up in the
                                     background */
  REPOLOCK_E_UNAVAILABLE = -7,    /* too few nodes answered for a decision; retryable */
  REPOLOCK_E_CANCELED = -8,       /* by repolock_op_cancel */
  REPOLOCK_E_SHUTDOWN = -9,       /* the client is shutting down, shut down, or freed */
  REPOLOCK_E_DENIED = -10,        /* authentication, ACL, file mode */
  REPOLOCK_E_MISCONFIGURED = -11, /* foreign data under the key, evicting server, one node listed
                                     twice */
  REPOLOCK_E_UNSUPPORTED = -12,   /* this backend cannot: see repolock_client_capabilities */
  REPOLOCK_E_PLUGIN = -13,        /* a plugin cannot be loaded, or breaks the rules of plugin.h */
  REPOLOCK_E_WRONG_THREAD = -14,  /* a blocking call from a callback */
  REPOLOCK_E_FORKED = -15,        /* made before a fork, and used in the child: convention 9 */
  REPOLOCK_E_DEADLOCK = -16,      /* this thread is inside repolock_with_lock on that repository */
  REPOLOCK_E_PENDING = -17,       /* not yet: the op goes on, or no event came in time; never the
                                     result of an op */
  REPOLOCK_E_IO = -18,            /* disk full, read-only, unreadable: file: only */
  REPOLOCK_E_INTERNAL = -99       /* a fault of the library's own: please report it */
};
enum {
  REPOLOCK_ERR_SIZE = 512,
  REPOLOCK_REPO_SIZE = 513 /* the longest canonical name, and its NUL */
};

/* "E_TIMEOUT", constant text; 1 if the same call may succeed later; 0xMMmmpp of the loaded library.
 * [-; -; -] */
REPOLOCK_API const char *repolock_status_name(repolock_status_t status);
REPOLOCK_API int32_t repolock_status_is_retryable(repolock_status_t status);
REPOLOCK_API uint32_t repolock_version(void);

typedef struct repolock_config repolock_config_t;
typedef struct repolock_client repolock_client_t;
typedef struct repolock_request repolock_request_t;   /* how to acquire: reusable, not tied to a
                                                         client */
typedef struct repolock_op repolock_op_t;             /* one operation under way: the future */
typedef struct repolock_lease repolock_lease_t;       /* one acquisition, from grant to release or
                                                         loss */
typedef struct repolock_event repolock_event_t;       /* one piece of news, with a copy of all it
                                                         tells: it outlives op and lease */
typedef struct repolock_snapshot repolock_snapshot_t; /* who holds and who waits, at one moment; a
                                                         copy */

typedef void (*repolock_free_cb)(void *user_data);
typedef void (*repolock_event_cb)(const repolock_event_t *event, void *user_data);
typedef int32_t (*repolock_body_cb)(repolock_lease_t *lease, void *user_data);

/* ---- Configuration: plain data under string keys; not to be changed by two threads at once --- */

/* NULL when out of memory.  [-; config; -] */
REPOLOCK_API repolock_config_t *repolock_config_new(void);
REPOLOCK_API void repolock_config_free(repolock_config_t *config);

/* Checked at once; a later value replaces an earlier one. Whether there is a backend for the URL,
 * and what "<scheme>.*" of a plugin may be, is found out by repolock_client_open.  [-; -; -] */
REPOLOCK_API repolock_status_t repolock_config_set(repolock_config_t *config, const char *key,
                                                   const char *value, char *err, size_t err_size);

/* The option table, from index 0 until E_INVALID; constant text.  [-; -; -] */
REPOLOCK_API repolock_status_t repolock_config_describe(size_t index, const char **key,
                                                        const char **type, const char **deflt,
                                                        const char **doc);

/* ---- Client ---------------------------------------------------------------------------------- */

/* config is copied; NULL: all defaults, locks in files of this host. Its key "backend" is a URL:
 * file: file:///dir memory: memory:NAME redis://[user:password@]host[:port][/database]
 * redis+unix:///path; another scheme is opened by a plugin, which is loaded for good, from where the
 * key "plugin.path" says. A backend that needs a server connects in the background:
 * the first operation tells of a server that is away. UNAVAILABLE: no descriptor or thread left.
 * [-; client; DENIED MISCONFIGURED UNSUPPORTED PLUGIN IO UNAVAILABLE] */
REPOLOCK_API repolock_status_t repolock_client_open(const repolock_config_t *config,
                                                    repolock_client_t **out, char *err,
                                                    size_t err_size);

/* The backends there are for this config (NULL: defaults): rows BACKEND, those that are built in, then
 * those of plugin.path, which are loaded for it, for good.  [loading; snapshot; PLUGIN] */
REPOLOCK_API repolock_status_t repolock_backend_list(const repolock_config_t *config,
                                                     repolock_snapshot_t **out, char *err,
                                                     size_t err_size);

/* Without a shutdown before: waiters end with E_SHUTDOWN; leases are lost with E_SHUTDOWN, not
 * released, and end by their ttl; callbacks are still told of both.  [-; -; -] */
REPOLOCK_API void repolock_client_free(repolock_client_t *client);

/* What a client promises: a mask. */
enum {
  REPOLOCK_CAN_FIFO = 1,           /* waiters are served in order */
  REPOLOCK_CAN_FENCE = 2,          /* fences grow while no server data are lost */
  REPOLOCK_CAN_FENCE_STRICT = 4,   /* fences grow whatever happens */
  REPOLOCK_CAN_EXCLUDE_STRICT = 8, /* exclusion rests on no clock */
  REPOLOCK_CAN_SHARE = 16,         /* shared requests */
  REPOLOCK_CAN_SEVERAL = 32,       /* several names in one request */
  REPOLOCK_CAN_INSPECT = 64,       /* inspect, of one name */
  REPOLOCK_CAN_LIST = 128,         /* inspect without a name */
  REPOLOCK_CAN_BREAK = 256,        /* repolock_break_start */
  REPOLOCK_CAN_CRASH_RELEASE = 512 /* a dead holder's lock is free in milliseconds, not after its
                                      ttl */
};
REPOLOCK_API uint64_t repolock_client_capabilities(const repolock_client_t *client); /* [-; -; -] */

/* Counters, gauges and histogram buckets, from index 0 until E_INVALID; name is constant text
 * ("locks_held", "acquire_ms_le_100"), an index keeps its name; each value is read by itself.
 * [-; -; -] */
REPOLOCK_API repolock_status_t repolock_client_stat(const repolock_client_t *client, size_t index,
                                                    const char **name, int64_t *value);

/* "My loop turns": with the key heartbeat_ms set, a silence longer than that ends all renewal, and
 * leases are lost.  [-; -; -] */
REPOLOCK_API void repolock_client_heartbeat(repolock_client_t *client);

enum {
  REPOLOCK_LOG_ERROR = 1,
  REPOLOCK_LOG_WARN = 2,
  REPOLOCK_LOG_INFO = 3,
  REPOLOCK_LOG_DEBUG = 4
};

/* LOG events up to level, to one listener a client. The queue keeps the last 1,000 (stat
 * "log_dropped").  [-; -; SHUTDOWN] */
REPOLOCK_API repolock_status_t repolock_client_on_log(repolock_client_t *client, int32_t level,
                                                      repolock_event_cb callback, void *user_data,
                                                      repolock_free_cb free_user_data);

/* ---- Request: how to acquire ----------------------------------------------------------------- */

/* A NULL request stands for all defaults; one request may serve many threads at once while nobody
 * changes it. new: NULL when out of memory.  [-; request; -] */
REPOLOCK_API repolock_request_t *repolock_request_new(void);
REPOLOCK_API void repolock_request_free(repolock_request_t *request);

/* ttl: how long a crash blocks others, default 30 s; the library renews by itself. wait: default
 * 60 s. max_hold: renewal ends there for good, default none. shared: 1 = together with other shared
 * ones. holder: the job, shown to whoever waits. renew: 0 = the caller extends by itself. add_repo:
 * one more name in the same lease, all of them or none. A value that cannot be is told, in words,
 * by the acquisition that uses it.  [-; -; -] */
REPOLOCK_API void repolock_request_set_ttl(repolock_request_t *request, int64_t ttl_ms);
REPOLOCK_API void repolock_request_set_wait(repolock_request_t *request, int64_t wait_ms);
REPOLOCK_API void repolock_request_set_max_hold(repolock_request_t *request, int64_t max_hold_ms);
REPOLOCK_API void repolock_request_set_shared(repolock_request_t *request, int32_t shared);
REPOLOCK_API void repolock_request_set_holder(repolock_request_t *request, const char *text,
                                              size_t len);
REPOLOCK_API void repolock_request_set_renew(repolock_request_t *request, int32_t renew);
REPOLOCK_API void repolock_request_add_repo(repolock_request_t *request, const char *repo,
                                            size_t len);

/* ---- The five calls that most programs need -------------------------------------------------- */

/* err names the holder and the place in the queue; to have them as data: repolock_acquire_start,
 * then repolock_op_snapshot.
 * [up to the wait; lease; TIMEOUT HELD UNKNOWN UNAVAILABLE SHUTDOWN DENIED MISCONFIGURED
 *  UNSUPPORTED WRONG_THREAD DEADLOCK] */
REPOLOCK_API repolock_status_t repolock_acquire(repolock_client_t *client, const char *repo,
                                                size_t len, const repolock_request_t *request,
                                                repolock_lease_t **out, char *err, size_t err_size);

/* Renews now, with ttl_ms from here on.  [one answer; -; LOST UNKNOWN UNAVAILABLE SHUTDOWN
 *  WRONG_THREAD] */
REPOLOCK_API repolock_status_t repolock_extend(repolock_lease_t *lease, int64_t ttl_ms);

/* From this call on the lease is no longer lost, only released. A second call joins the first and
 * returns the same. LOST: it had gone before (what is left of it is released too). UNKNOWN: no
 * answer, or the backend failed: it ends by its ttl, if not at once.
 * [2 s at most; -; LOST UNKNOWN SHUTDOWN NOMEM WRONG_THREAD] */
REPOLOCK_API repolock_status_t repolock_release(repolock_lease_t *lease);

/* Acquires, runs body on the calling thread, releases. OK, or LOST (while body ran): body ran,
 * *body_result is what it returned. Any other status: body did not run. body may release early, not
 * free.  [the wait, then body; -; those of repolock_acquire, LOST] */
REPOLOCK_API repolock_status_t repolock_with_lock(repolock_client_t *client, const char *repo,
                                                  size_t len, const repolock_request_t *request,
                                                  repolock_body_cb body, void *user_data,
                                                  int32_t *body_result, char *err, size_t err_size);

/* From now on nothing new starts and waiters end with E_SHUTDOWN. Holders have timeout_ms to
 * release; what is still held is lost with E_SHUTDOWN and left to end by its ttl, as nobody knows
 * whether its work has stopped. When it returns every callback and free_user_data has run; the
 * queue can still be read to its end. A second call joins the first.
 * [timeout_ms and 2 s; -; UNKNOWN: a release got no answer, WRONG_THREAD] */
REPOLOCK_API repolock_status_t repolock_shutdown(repolock_client_t *client, int64_t timeout_ms);

/* ---- Operations: the same without blocking, and what is rarer -------------------------------- */

/* The op's result is one of the simple call's statuses. release: out NULL = let it go and forget;
 * the lease may be freed at once. shutdown: its DONE is the client's last event.  [-; op; -] */
REPOLOCK_API repolock_status_t repolock_acquire_start(repolock_client_t *client, const char *repo,
                                                      size_t len, const repolock_request_t *request,
                                                      repolock_op_t **out);
REPOLOCK_API repolock_status_t repolock_extend_start(repolock_lease_t *lease, int64_t ttl_ms,
                                                     repolock_op_t **out);
REPOLOCK_API repolock_status_t repolock_release_start(repolock_lease_t *lease, repolock_op_t **out);
REPOLOCK_API repolock_status_t repolock_shutdown_start(repolock_client_t *client,
                                                       int64_t timeout_ms, repolock_op_t **out);

/* Who holds and who waits: for one name, or (NULL, 0) for all; read by repolock_op_snapshot.
 * [-; op, UNAVAILABLE UNSUPPORTED; -] */
REPOLOCK_API repolock_status_t repolock_inspect_start(repolock_client_t *client, const char *repo,
                                                      size_t len, repolock_op_t **out);

/* What is wrong with the way the backend is set up (doctor): rows of findings, each with its
 * remedy. Result: repolock_op_snapshot.  [-; op; -] */
REPOLOCK_API repolock_status_t repolock_diagnose_start(repolock_client_t *client,
                                                       repolock_op_t **out);

/* Takes the lock from that lease, which a snapshot named; its holder loses it.
 * [-; op, LOST: it had gone, UNSUPPORTED DENIED; -] */
REPOLOCK_API repolock_status_t repolock_break_start(repolock_client_t *client, const char *repo,
                                                    size_t len, const char *lease_id,
                                                    repolock_op_t **out);

/* DONE: the op completed. WAITING (acquisitions, never after DONE): it waits, or its place or the
 * holder changed; the queue keeps the newest.
 * [-; -; SHUTDOWN: the client has ended, so nobody would be told; see repolock_op_status] */
REPOLOCK_API repolock_status_t repolock_op_on_done(repolock_op_t *op, repolock_event_cb callback,
                                                   void *user_data,
                                                   repolock_free_cb free_user_data);
REPOLOCK_API repolock_status_t repolock_op_on_wait(repolock_op_t *op, repolock_event_cb callback,
                                                   void *user_data,
                                                   repolock_free_cb free_user_data);

/* The op's result, or E_PENDING when timeout_ms ran out first: the op goes on.
 * [timeout_ms; -; PENDING WRONG_THREAD, the op's] */
REPOLOCK_API repolock_status_t repolock_op_wait(repolock_op_t *op, int64_t timeout_ms);

/* An acquisition that has not completed does so at once with E_CANCELED; what it may win is
 * released. No effect otherwise.  [-; -; -] */
REPOLOCK_API void repolock_op_cancel(repolock_op_t *op);

/* E_PENDING, then for ever the result; "", then a sentence that names the holder, the place and
 * each node's answer.  [-; -; -] */
REPOLOCK_API repolock_status_t repolock_op_status(const repolock_op_t *op);
REPOLOCK_API const char *repolock_op_message(const repolock_op_t *op);

/* The lease of an acquisition that is OK, once; it may be lost by then.
 * [-; lease; PENDING, INVALID: none, or taken] */
REPOLOCK_API repolock_status_t repolock_op_take_lease(repolock_op_t *op, repolock_lease_t **out);

/* Of inspect, its result. Of an acquisition, while it waits and after it failed: the holders,
 * itself as the one waiter, the nodes.  [-; snapshot; PENDING, INVALID: it has none] */
REPOLOCK_API repolock_status_t repolock_op_snapshot(const repolock_op_t *op,
                                                    repolock_snapshot_t **out);

/* Cancels an acquisition under way and releases a lease that nobody took; any other op goes on to
 * its end.  [-; -; -] */
REPOLOCK_API void repolock_op_free(repolock_op_t *op);

/* ---- Lease ----------------------------------------------------------------------------------- */

/* Strictly increasing over the exclusive leases of a name (shared ones repeat the last), below
 * 2^53; _at: of each name, in the order of the request; an id for logs and repolock_break_start.
 * [-; -; -] */
REPOLOCK_API uint64_t repolock_lease_fence(const repolock_lease_t *lease);
REPOLOCK_API uint64_t repolock_lease_fence_at(const repolock_lease_t *lease, size_t index);
REPOLOCK_API const char *repolock_lease_id(const repolock_lease_t *lease);

/* For so long nobody else can have it, even if no renewal comes; 0: it is gone; INT64_MAX: no end
 * (file:).  [-; -; -] */
REPOLOCK_API int64_t repolock_lease_remaining_ms(const repolock_lease_t *lease);

/* OK while held; E_LOST or E_SHUTDOWN once lost, for good; E_INVALID after a release. message: "",
 * then why it was lost.  [-; -; -] */
REPOLOCK_API repolock_status_t repolock_lease_status(const repolock_lease_t *lease);
REPOLOCK_API const char *repolock_lease_message(const repolock_lease_t *lease);

/* LOST, at most once: the lease ends other than by its release. Where it runs out the news comes
 * early, with remaining_ms left to stop the work; where it was broken or the data are gone there is
 * no such time.  [-; -; SHUTDOWN, INVALID after a release] */
REPOLOCK_API repolock_status_t repolock_lease_on_lost(repolock_lease_t *lease,
                                                      repolock_event_cb callback, void *user_data,
                                                      repolock_free_cb free_user_data);

enum {
  REPOLOCK_PREVIOUS_NONE = 0,
  REPOLOCK_PREVIOUS_RELEASED = 1,
  REPOLOCK_PREVIOUS_CRASHED = 2,
  REPOLOCK_PREVIOUS_EXPIRED = 3,
  REPOLOCK_PREVIOUS_BROKEN = 4
};

/* How the holder before this one ended: is an index.lock in the repository stale?  [-; -; -] */
REPOLOCK_API int32_t repolock_lease_previous(const repolock_lease_t *lease);

/* file: a descriptor to leave open in a child process: if this process dies without a release, the
 * lock lasts until that child is gone too. It is closed on exec like any of ours, so that no other
 * child gets it by accident: clear FD_CLOEXEC in the child, between fork and exec, or pass it as
 * your language passes descriptors. A release ends the lock whoever has copies. A lease of several
 * names has one for each, in the order of the request. -1: not this backend, or not held.
 * [-; fd: close it; -] */
REPOLOCK_API int32_t repolock_lease_inherit_fd(const repolock_lease_t *lease);
REPOLOCK_API int32_t repolock_lease_inherit_fd_at(const repolock_lease_t *lease, size_t index);

/* Without a release: stops renewing and forgets; it ends by its ttl, for nobody knows whether the
 * work has stopped.  [-; -; -] */
REPOLOCK_API void repolock_lease_free(repolock_lease_t *lease);

/* ---- Events ---------------------------------------------------------------------------------- */

/* The kinds of event; ignore any other. */
enum {
  REPOLOCK_EVENT_DONE = 1,
  REPOLOCK_EVENT_WAITING = 2,
  REPOLOCK_EVENT_LOST = 3,
  REPOLOCK_EVENT_LOG = 4
};

/* For poll: readable while events are queued, and from the end of the queue on. Never read, write
 * or close it. -1: not on this system. Open until the client is freed.  [-; -; -] */
REPOLOCK_API int32_t repolock_event_fd(const repolock_client_t *client);

/* The next event of the queue; each goes to one caller. SHUTDOWN is the end of the queue: read on
 * until it comes.  [timeout_ms; event; PENDING SHUTDOWN WRONG_THREAD] */
REPOLOCK_API repolock_status_t repolock_event_next(repolock_client_t *client, int64_t timeout_ms,
                                                   repolock_event_t **out);

/* kind; the user_data given to on_*; the op's status, or of LOST E_LOST or E_SHUTDOWN; a sentence;
 * the level of LOG, else 0.  [-; -; -] */
REPOLOCK_API int32_t repolock_event_kind(const repolock_event_t *event);
REPOLOCK_API void *repolock_event_user_data(const repolock_event_t *event);
REPOLOCK_API repolock_status_t repolock_event_status(const repolock_event_t *event);
REPOLOCK_API const char *repolock_event_message(const repolock_event_t *event);
REPOLOCK_API int32_t repolock_event_level(const repolock_event_t *event);

/* The sentence as data, from index 0 until E_INVALID. LOG: event, repo, node...; LOST: repo, and
 * reason: expired, max_hold, stalled, broken, stolen, data_lost, shutdown.  [-; -; -] */
REPOLOCK_API repolock_status_t repolock_event_field(const repolock_event_t *event, size_t index,
                                                    const char **key, const char **value);
REPOLOCK_API void repolock_event_free(repolock_event_t *event);

/* ---- Snapshots ------------------------------------------------------------------------------- */

enum {
  REPOLOCK_ROW_HOLDER = 1,
  REPOLOCK_ROW_WAITER = 2,
  REPOLOCK_ROW_NODE = 3,
  REPOLOCK_ROW_BACKEND = 4
};
enum {
  REPOLOCK_TEXT_REPO = 1,
  REPOLOCK_TEXT_LEASE_ID = 2,
  REPOLOCK_TEXT_HOLDER = 3, /* as set in its request */
  REPOLOCK_TEXT_HOST = 4,
  REPOLOCK_TEXT_STATUS = 5, /* NODE: "E_UNAVAILABLE"; BACKEND: "OK", "E_PLUGIN": cannot be loaded */
  REPOLOCK_TEXT_MESSAGE = 6, /* NODE, BACKEND: in words */
  REPOLOCK_TEXT_SCHEMES = 7, /* BACKEND: of the URLs that it opens, with a space between */
  REPOLOCK_TEXT_VERSION = 8, /* BACKEND: its own */
  REPOLOCK_TEXT_FILE = 9     /* BACKEND: of the plugin; "" = built in */
};
enum {
  REPOLOCK_NUMBER_ROW = 1, /* REPOLOCK_ROW_* */
  REPOLOCK_NUMBER_PID = 2,
  REPOLOCK_NUMBER_FENCE = 3,
  REPOLOCK_NUMBER_SHARED = 4,
  REPOLOCK_NUMBER_PLACE = 5,        /* WAITER: 1 = next */
  REPOLOCK_NUMBER_AGE_MS = 6,       /* holds, or waits, since */
  REPOLOCK_NUMBER_REMAINING_MS = 7, /* HOLDER: until it ends unless renewed */
  REPOLOCK_NUMBER_ABI = 8,          /* BACKEND: of plugin.h */
  REPOLOCK_NUMBER_CAPABILITIES = 9  /* BACKEND: the most that it can, REPOLOCK_CAN_* */
};

/* Rows of fields: the holders, then the waiters in order, then the nodes asked; or backends. size: rows; text
 * and number: a field of a row, "" or -1 where there is none.  [-; -; -] */
REPOLOCK_API size_t repolock_snapshot_size(const repolock_snapshot_t *snapshot);
REPOLOCK_API const char *repolock_snapshot_text(const repolock_snapshot_t *snapshot, size_t row,
                                                int32_t text);
REPOLOCK_API int64_t repolock_snapshot_number(const repolock_snapshot_t *snapshot, size_t row,
                                              int32_t number);
REPOLOCK_API void repolock_snapshot_free(repolock_snapshot_t *snapshot);

/* ---- Names ----------------------------------------------------------------------------------- */

/* The one spelling under which a client of this config (NULL: defaults) locks repo;
 * REPOLOCK_REPO_SIZE fits every name.  [-; -; -] */
REPOLOCK_API repolock_status_t repolock_repo_canonical(const repolock_config_t *config,
                                                       const char *repo, size_t len, char *out,
                                                       size_t out_size, char *err, size_t err_size);

#ifdef __cplusplus
}
#endif
#endif
