// addon.cc - what the addon has for ../src: classes of handles, and what needs no client.
#include "classes.h"
#include "client.h"
#include "lease.h"
#include "operation.h"

namespace repolock_node {
namespace {

Napi::Value canonical(const Napi::CallbackInfo &info) {
  const std::string repo = text_of(info[0]);
  const auto config = config_of(info.Env(), info[1].As<Napi::Object>());
  if (!config) return {};
  char name[REPOLOCK_REPO_SIZE] = "";
  char err[REPOLOCK_ERR_SIZE] = "";
  const repolock_status_t status = repolock_repo_canonical(config.get(), repo.data(), repo.size(),
                                                           name, sizeof name, err, sizeof err);
  if (status == REPOLOCK_OK) return Napi::String::New(info.Env(), name);
  raise(info.Env(), status, err);
  return {};
}

// isRetryable(code)
Napi::Value is_retryable(const Napi::CallbackInfo &info) {
  const std::string name = text_of(info[0]);
  for (repolock_status_t status = 0; status >= REPOLOCK_E_INTERNAL; --status)
    if (name == repolock_status_name(status))
      return Napi::Boolean::New(info.Env(), repolock_status_is_retryable(status) != 0);
  return Napi::Boolean::New(info.Env(), false);
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  auto *classes =
      new Classes{Napi::Persistent(Operation::define(env)), Napi::Persistent(Lease::define(env))};
  env.SetInstanceData(classes);
  exports.Set("Client", Client::define(env));
  exports.Set("canonical", Napi::Function::New<canonical>(env, "canonical"));
  exports.Set("isRetryable", Napi::Function::New<is_retryable>(env, "isRetryable"));
  exports.Set("version", Napi::Number::New(env, repolock_version()));
  exports.Set("headerVersion", Napi::Number::New(env, REPOLOCK_VERSION_NUMBER));
  return exports;
}

}  // namespace
}  // namespace repolock_node

static Napi::Object init_addon(Napi::Env env, Napi::Object exports) {
  return repolock_node::init(env, exports);
}

NODE_API_MODULE(repolock, init_addon)
