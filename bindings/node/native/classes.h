// classes.h - the classes of one environment: each worker thread has its own.
#pragma once

#include <napi.h>

namespace repolock_node {

struct Classes {
  Napi::FunctionReference operation;
  Napi::FunctionReference lease;
};

// A new object of such a class, and what it wraps. Null: no JavaScript can run any more, as in a worker
// that is being terminated; node-addon-api would end the process there.
template <class Wrapped>
Wrapped *new_object(Napi::Env env, const Napi::FunctionReference &type, Napi::Value *object) {
  napi_value constructor = nullptr, made = nullptr;
  void *wrapped = nullptr;
  if (napi_get_reference_value(env, type, &constructor) != napi_ok ||
      napi_new_instance(env, constructor, 0, nullptr, &made) != napi_ok ||
      napi_unwrap(env, made, &wrapped) != napi_ok)
    return nullptr;
  *object = Napi::Value(env, made);
  return static_cast<Wrapped *>(wrapped);
}

}  // namespace repolock_node
