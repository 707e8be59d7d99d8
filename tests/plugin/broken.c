/* broken.c - plugins that cannot be loaded: BROKEN says in which way this one is. */
#include <repolock/plugin.h>

#define SHORT 1       /* a table that ends before its last required slot */
#define SLOTLESS 2    /* two of these are empty */
#define FUTURE 3      /* answers with an ABI that was not asked for */
#define NEWER 4       /* speaks none that this library speaks */
#define UNBOUND 5     /* needs a symbol that nobody has */
#define ENTRYLESS 6   /* has another entry */
#define OLD_AND_NEW 7 /* nothing is wrong: it answers NULL to 2 and more, and a table to 1 */

static repolock_status_t open_client(const repolock_host_api_t *api, repolock_host_t *host,
                                     const repolock_open_params_t *params, void **self, char *err,
                                     size_t err_size) {
  (void)api, (void)host, (void)params, (void)self, (void)err, (void)err_size;
  return REPOLOCK_OK;
}

static void submit(void *self, const repolock_backend_request_t *request) {
  (void)self, (void)request;
}

static void cancel(void *self, uint64_t request_id) {
  (void)self, (void)request_id;
}

static void close_client(void *self) {
  (void)self;
}

#if BROKEN == ENTRYLESS
#define repolock_plugin_init repolock_plugin_start
#endif
#if BROKEN == UNBOUND
extern int nobody_has_this(void);
#endif

__attribute__((visibility("default"))) const repolock_backend_api_t *repolock_plugin_init(
    const repolock_host_api_t *host, uint32_t wanted_abi) {
  static const repolock_backend_api_t table = {
      BROKEN == SHORT ? offsetof(repolock_backend_api_t, close) : sizeof table,
      BROKEN == FUTURE ? 7 : 1,
      SCHEME,
      "1.0",
      0,
      open_client,
      BROKEN == SLOTLESS ? NULL : submit,
      cancel,
      BROKEN == SLOTLESS ? NULL : close_client,
      NULL};
#if BROKEN == UNBOUND
  if (nobody_has_this() != 0) return NULL;
#endif
  (void)host;
  return BROKEN == NEWER || (BROKEN == OLD_AND_NEW && wanted_abi != 1) ? NULL : &table;
}
