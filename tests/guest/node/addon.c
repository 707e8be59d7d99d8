/* addon.c - librepolock in Node, by a bare N-API addon that loads it by dlopen, as an application would
 * that ships both. Node exports a libuv of its own: the library's calls arrive there.
 *
 *   load(path)                      open(url, ttlMs) -> client         lock(client, name) -> lease
 *   start(client, name) -> op       status(op)       take(op) -> lease
 *   held(lease)                     release(lease)   close(client)
 *   uvHandles()                     of Node's own loop             uvVersion()
 */
#define _GNU_SOURCE /* for uv.h */
#include <dlfcn.h>
#include <node_api.h>
#include <repolock/repolock.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#define CALLS(X)   \
  X(config_new)    \
  X(config_set)    \
  X(config_free)   \
  X(client_open)   \
  X(client_free)   \
  X(acquire)       \
  X(acquire_start) \
  X(op_status)     \
  X(op_take_lease) \
  X(op_free)       \
  X(lease_status)  \
  X(lease_free)    \
  X(release)       \
  X(shutdown)

static struct {
#define POINTER(name) __typeof__(repolock_##name) *name;
  CALLS(POINTER)
#undef POINTER
} library;

enum {
  MOST_ARGUMENTS = 2
};

struct call {
  napi_env env;
  napi_value values[MOST_ARGUMENTS];
};

static struct call read_call(napi_env env, napi_callback_info info) {
  struct call call = {env, {NULL}};
  size_t count = MOST_ARGUMENTS;
  napi_get_cb_info(env, info, &count, call.values, NULL, NULL);
  return call;
}

static void *pointer_of(const struct call *call, int index) {
  void *pointer = NULL;
  napi_get_value_external(call->env, call->values[index], &pointer);
  return pointer;
}

static const char *text_of(const struct call *call, int index, char *text, size_t size) {
  size_t length = 0;
  napi_get_value_string_utf8(call->env, call->values[index], text, size, &length);
  return text;
}

static napi_value give_pointer(napi_env env, void *pointer) {
  napi_value value = NULL;
  napi_create_external(env, pointer, NULL, NULL, &value);
  return value;
}

static napi_value give_number(napi_env env, int32_t number) {
  napi_value value = NULL;
  napi_create_int32(env, number, &value);
  return value;
}

static napi_value load(napi_env env, napi_callback_info info) {
  char path[1024];
  const struct call call = read_call(env, info);
  void *handle = dlopen(text_of(&call, 0, path, sizeof path), RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL) napi_throw_error(env, NULL, dlerror());
  if (handle == NULL) return NULL;
#define LOOK_UP(name) *(void **)&library.name = dlsym(handle, "repolock_" #name);
  CALLS(LOOK_UP)
#undef LOOK_UP
  return NULL;
}

static napi_value open_client(napi_env env, napi_callback_info info) {
  char url[1024], err[REPOLOCK_ERR_SIZE] = "";
  char ttl[32];
  int64_t ttl_ms = 0;
  const struct call call = read_call(env, info);
  repolock_client_t *client = NULL;
  repolock_config_t *config = library.config_new();
  napi_get_value_int64(env, call.values[1], &ttl_ms);
  snprintf(ttl, sizeof ttl, "%lld", (long long)ttl_ms);
  library.config_set(config, "backend", text_of(&call, 0, url, sizeof url), err, sizeof err);
  library.config_set(config, "ttl_ms", ttl, err, sizeof err);
  if (library.client_open(config, &client, err, sizeof err) != REPOLOCK_OK)
    napi_throw_error(env, NULL, err);
  library.config_free(config);
  return give_pointer(env, client);
}

static napi_value close_client(napi_env env, napi_callback_info info) {
  const struct call call = read_call(env, info);
  repolock_client_t *client = pointer_of(&call, 0);
  const int32_t status = library.shutdown(client, 1000);
  library.client_free(client);
  return give_number(env, status);
}

static napi_value lock(napi_env env, napi_callback_info info) {
  char name[256], err[REPOLOCK_ERR_SIZE] = "";
  const struct call call = read_call(env, info);
  repolock_lease_t *lease = NULL;
  text_of(&call, 1, name, sizeof name);
  if (library.acquire(pointer_of(&call, 0), name, strlen(name), NULL, &lease, err, sizeof err) !=
      REPOLOCK_OK)
    napi_throw_error(env, NULL, err);
  return give_pointer(env, lease);
}

static napi_value start(napi_env env, napi_callback_info info) {
  char name[256];
  const struct call call = read_call(env, info);
  repolock_op_t *op = NULL;
  text_of(&call, 1, name, sizeof name);
  if (library.acquire_start(pointer_of(&call, 0), name, strlen(name), NULL, &op) != REPOLOCK_OK)
    napi_throw_error(env, NULL, "acquire_start");
  return give_pointer(env, op);
}

static napi_value status(napi_env env, napi_callback_info info) {
  const struct call call = read_call(env, info);
  return give_number(env, library.op_status(pointer_of(&call, 0)));
}

static napi_value take(napi_env env, napi_callback_info info) {
  const struct call call = read_call(env, info);
  repolock_lease_t *lease = NULL;
  if (library.op_take_lease(pointer_of(&call, 0), &lease) != REPOLOCK_OK)
    napi_throw_error(env, NULL, "op_take_lease");
  library.op_free(pointer_of(&call, 0));
  return give_pointer(env, lease);
}

static napi_value held(napi_env env, napi_callback_info info) {
  const struct call call = read_call(env, info);
  return give_number(env, library.lease_status(pointer_of(&call, 0)));
}

static napi_value release(napi_env env, napi_callback_info info) {
  const struct call call = read_call(env, info);
  repolock_lease_t *lease = pointer_of(&call, 0);
  const int32_t result = library.release(lease);
  library.lease_free(lease);
  return give_number(env, result);
}

static void count_handle(uv_handle_t *handle, void *count) {
  (void)handle;
  ++*(int32_t *)count;
}

static napi_value uv_handles(napi_env env, napi_callback_info info) {
  (void)info;
  uv_loop_t *loop = NULL;
  int32_t count = 0;
  napi_get_uv_event_loop(env, &loop);
  uv_walk(loop, count_handle, &count);
  return give_number(env, count);
}

static napi_value uv_version_of_node(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value value = NULL;
  napi_create_string_utf8(env, uv_version_string(), NAPI_AUTO_LENGTH, &value);
  return value;
}

static const struct {
  const char *name;
  napi_callback call;
} functions[] = {
    {"load", load},
    {"open", open_client},
    {"close", close_client},
    {"lock", lock},
    {"start", start},
    {"status", status},
    {"take", take},
    {"held", held},
    {"release", release},
    {"uvHandles", uv_handles},
    {"uvVersion", uv_version_of_node},
};

NAPI_MODULE_INIT() {
  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; ++i) {
    napi_value function = NULL;
    napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].call, NULL,
                         &function);
    napi_set_named_property(env, exports, functions[i].name, function);
  }
  return exports;
}
