#include "mailbox.h"

namespace repolock_node {

Mailbox::Mailbox(Napi::Env env, Napi::Function hear)
    : channel_(Channel::New(env, hear, "repolock", 0, 1)) {
  channel_.Unref(env);
}

void Mailbox::post(std::unique_ptr<News> news) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  if (channel_.NonBlockingCall(news.get()) == napi_ok) static_cast<void>(news.release());
}

// Without an environment what is left in the channel is only thrown away.
void Mailbox::deliver(Napi::Env env, Napi::Function hear, std::nullptr_t * /*context*/,
                      News *taken) {
  const std::unique_ptr<News> news(taken);
  if (env == nullptr) return;
  const Napi::Object fields = Napi::Object::New(env);
  for (const auto &[key, value] : news->fields) fields.Set(key, value);
  hear.Call({Napi::Number::New(env, news->listener), Napi::Number::New(env, news->kind),
             Napi::String::New(env, news->status), Napi::String::New(env, news->message),
             Napi::Number::New(env, news->level), fields});
}

void Mailbox::keep_alive(Napi::Env env) {
  if (!closed_) channel_.Ref(env);
}

void Mailbox::let_go(Napi::Env env) {
  if (!closed_) channel_.Unref(env);
}

void Mailbox::close() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(closed_, true)) return;
  channel_.Release();
}

void Listener::hear(const repolock_event_t *event, void *listener) {
  const auto *self = static_cast<Listener *>(listener);
  auto news = std::make_unique<News>();
  news->listener = self->number;
  news->kind = repolock_event_kind(event);
  news->status = repolock_status_name(repolock_event_status(event));
  news->message = repolock_event_message(event);
  news->level = repolock_event_level(event);
  const char *key = nullptr;
  const char *value = nullptr;
  for (size_t i = 0; repolock_event_field(event, i, &key, &value) == REPOLOCK_OK; ++i)
    news->fields.emplace_back(key, value);
  self->mailbox->post(std::move(news));
}

void Listener::free(void *listener) {
  delete static_cast<Listener *>(listener);
}

}  // namespace repolock_node
