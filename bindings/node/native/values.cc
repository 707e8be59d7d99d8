#include "values.h"

#include <limits>

namespace repolock_node {

void raise(Napi::Env env, repolock_status_t status, const std::string &message) {
  const Napi::Error error = Napi::Error::New(env, message);
  error.Value().Set("code", status_of(env, status));
  error.ThrowAsJavaScriptException();
}

Handle<repolock_config_t> config_of(Napi::Env env, const Napi::Object &values) {
  Handle<repolock_config_t> config(repolock_config_new());
  const Napi::Array keys = values.GetPropertyNames();
  for (uint32_t i = 0; i < keys.Length(); ++i) {
    const std::string key = text_of(keys.Get(i));
    const std::string value = text_of(values.Get(key));
    char err[REPOLOCK_ERR_SIZE] = "";
    const repolock_status_t status =
        repolock_config_set(config.get(), key.c_str(), value.c_str(), err, sizeof err);
    if (status != REPOLOCK_OK) {
      raise(env, status, err);
      return nullptr;
    }
  }
  return config;
}

Handle<repolock_request_t> request_of(const Napi::Object &options, const Napi::Array &repos) {
  Handle<repolock_request_t> request(repolock_request_new());
  const auto set_ms = [&](const char *name, void (*set)(repolock_request_t *, int64_t)) {
    const Napi::Value value = options.Get(name);
    if (value.IsNumber()) set(request.get(), value.As<Napi::Number>().Int64Value());
  };
  set_ms("ttlMs", repolock_request_set_ttl);
  set_ms("timeoutMs", repolock_request_set_wait);
  set_ms("maxHoldMs", repolock_request_set_max_hold);
  if (flag_of(options.Get("shared"))) repolock_request_set_shared(request.get(), 1);
  const Napi::Value holder = options.Get("holder");
  if (holder.IsString()) {
    const std::string text = text_of(holder);
    repolock_request_set_holder(request.get(), text.data(), text.size());
  }
  for (uint32_t i = 1; i < repos.Length(); ++i) {
    const std::string repo = text_of(repos.Get(i));
    repolock_request_add_repo(request.get(), repo.data(), repo.size());
  }
  return request;
}

std::string text_of(const Napi::Value &value) {
  napi_value text = nullptr;
  size_t size = 0;
  if (value.IsEmpty() || napi_coerce_to_string(value.Env(), value, &text) != napi_ok ||
      napi_get_value_string_utf8(value.Env(), text, nullptr, 0, &size) != napi_ok)
    return "";
  std::string bytes(size, '\0');
  napi_get_value_string_utf8(value.Env(), text, bytes.data(), size + 1, &size);
  return bytes;
}

bool flag_of(const Napi::Value &value) {
  napi_value flag = nullptr;
  bool is_set = false;
  return !value.IsEmpty() && napi_coerce_to_bool(value.Env(), value, &flag) == napi_ok &&
         napi_get_value_bool(value.Env(), flag, &is_set) == napi_ok && is_set;
}

Napi::String status_of(Napi::Env env, repolock_status_t status) {
  return Napi::String::New(env, repolock_status_name(status));
}

Napi::Number remaining_of(Napi::Env env, int64_t remaining_ms) {
  const bool ends = remaining_ms != std::numeric_limits<int64_t>::max();
  return Napi::Number::New(
      env, ends ? static_cast<double>(remaining_ms) : std::numeric_limits<double>::infinity());
}

namespace {

struct Field {
  int32_t id;
  const char *name;
};

constexpr Field kTexts[] = {
    {REPOLOCK_TEXT_REPO, "repo"},     {REPOLOCK_TEXT_LEASE_ID, "leaseId"},
    {REPOLOCK_TEXT_HOLDER, "text"},   {REPOLOCK_TEXT_HOST, "host"},
    {REPOLOCK_TEXT_STATUS, "status"}, {REPOLOCK_TEXT_MESSAGE, "message"},
};
constexpr Field kNumbers[] = {
    {REPOLOCK_NUMBER_ROW, "row"},
    {REPOLOCK_NUMBER_PID, "pid"},
    {REPOLOCK_NUMBER_FENCE, "fence"},
    {REPOLOCK_NUMBER_SHARED, "shared"},
    {REPOLOCK_NUMBER_PLACE, "place"},
    {REPOLOCK_NUMBER_AGE_MS, "ageMs"},
    {REPOLOCK_NUMBER_REMAINING_MS, "remainingMs"},
};

}  // namespace

Napi::Value rows_of(Napi::Env env, const repolock_snapshot_t *snapshot) {
  const size_t size = repolock_snapshot_size(snapshot);
  const Napi::Array rows = Napi::Array::New(env, size);
  for (size_t i = 0; i < size; ++i) {
    const Napi::Object row = Napi::Object::New(env);
    for (const Field &field : kTexts) {
      const char *text = repolock_snapshot_text(snapshot, i, field.id);
      if (*text != '\0') row.Set(field.name, text);
    }
    for (const Field &field : kNumbers) {
      const int64_t number = repolock_snapshot_number(snapshot, i, field.id);
      if (number >= 0) row.Set(field.name, remaining_of(env, number));
    }
    rows.Set(static_cast<uint32_t>(i), row);
  }
  return rows;
}

}  // namespace repolock_node
