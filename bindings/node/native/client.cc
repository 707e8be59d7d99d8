#include "client.h"

#include "operation.h"

namespace repolock_node {

Napi::Function Client::define(Napi::Env env) {
  return DefineClass(
      env, "Client",
      {InstanceMethod<&Client::acquire>("acquire"), InstanceMethod<&Client::inspect>("inspect"),
       InstanceMethod<&Client::break_lock>("breakLock"),
       InstanceMethod<&Client::shutdown>("shutdown"),
       InstanceAccessor<&Client::capabilities>("capabilities"),
       InstanceMethod<&Client::stats>("stats"), InstanceMethod<&Client::listen>("listen"),
       InstanceMethod<&Client::echo>("echo"), InstanceMethod<&Client::heartbeat>("heartbeat"),
       InstanceMethod<&Client::keep_alive>("keepAlive"), InstanceMethod<&Client::let_go>("letGo"),
       InstanceMethod<&Client::close>("close")});
}

// The environment's hooks run last in, first out: ours before that of the thread-safe function.
Client::Client(const Napi::CallbackInfo &info) : Napi::ObjectWrap<Client>(info) {
  const Napi::Env env = info.Env();
  const auto config = config_of(env, info[0].As<Napi::Object>());
  if (!config) return;
  repolock_client_t *client = nullptr;
  char err[REPOLOCK_ERR_SIZE] = "";
  const repolock_status_t status = repolock_client_open(config.get(), &client, err, sizeof err);
  if (status != REPOLOCK_OK) {
    raise(env, status, err);
    return;
  }
  client_.reset(client);
  mailbox_ = std::make_shared<Mailbox>(env, info[1].As<Napi::Function>());
  napi_add_env_cleanup_hook(env, end_with_environment, this);
}

Client::~Client() {
  if (mailbox_) napi_remove_env_cleanup_hook(Env(), end_with_environment, this);
  end();
}

void Client::end() {
  if (mailbox_) mailbox_->close();
  client_.reset();
}

// A worker thread was terminated, or the process ends. Waiters leave their queues; what is held
// ends by its ttl, as its work may go on in a child process.
void Client::end_with_environment(void *data) {
  constexpr int64_t kNoAnswerMs = 2000;
  auto *self = static_cast<Client *>(data);
  self->mailbox_->close();
  repolock_op_t *op = nullptr;
  if (repolock_shutdown_start(self->client_.get(), 0, &op) == REPOLOCK_OK) {
    const Handle<repolock_op_t> shutdown(op);
    repolock_op_wait(op, kNoAnswerMs);
  }
  self->end();
  self->mailbox_.reset();
}

Napi::Value Client::acquire(const Napi::CallbackInfo &info) {
  const Napi::Array repos = info[0].As<Napi::Array>();
  const auto request = request_of(info[1].As<Napi::Object>(), repos);
  const std::string repo = text_of(repos.Get(0U));
  repolock_op_t *op = nullptr;
  const repolock_status_t status =
      repolock_acquire_start(client_.get(), repo.data(), repo.size(), request.get(), &op);
  return Operation::wrap(info.Env(), status, op, mailbox_);
}

Napi::Value Client::inspect(const Napi::CallbackInfo &info) {
  repolock_op_t *op = nullptr;
  repolock_status_t status = REPOLOCK_OK;
  if (info[0].IsUndefined()) {
    status = repolock_inspect_start(client_.get(), nullptr, 0, &op);
  } else {
    const std::string repo = text_of(info[0]);
    status = repolock_inspect_start(client_.get(), repo.data(), repo.size(), &op);
  }
  return Operation::wrap(info.Env(), status, op, mailbox_);
}

Napi::Value Client::break_lock(const Napi::CallbackInfo &info) {
  const std::string repo = text_of(info[0]);
  const std::string lease_id = text_of(info[1]);
  repolock_op_t *op = nullptr;
  const repolock_status_t status =
      repolock_break_start(client_.get(), repo.data(), repo.size(), lease_id.c_str(), &op);
  return Operation::wrap(info.Env(), status, op, mailbox_);
}

Napi::Value Client::shutdown(const Napi::CallbackInfo &info) {
  repolock_op_t *op = nullptr;
  const int64_t timeout_ms = info[0].As<Napi::Number>();
  const repolock_status_t status = repolock_shutdown_start(client_.get(), timeout_ms, &op);
  return Operation::wrap(info.Env(), status, op, mailbox_);
}

Napi::Value Client::capabilities(const Napi::CallbackInfo &info) {
  const uint64_t mask = repolock_client_capabilities(client_.get());
  return Napi::Number::New(info.Env(), static_cast<double>(mask));
}

Napi::Value Client::stats(const Napi::CallbackInfo &info) {
  const Napi::Object stats = Napi::Object::New(info.Env());
  const char *name = nullptr;
  int64_t value = 0;
  for (size_t i = 0; repolock_client_stat(client_.get(), i, &name, &value) == REPOLOCK_OK; ++i)
    stats.Set(name, static_cast<double>(value));
  return stats;
}

void Client::listen(const Napi::CallbackInfo &info) {
  repolock_client_t *client = client_.get();
  const int32_t level = info[1].As<Napi::Number>();
  repolock_node::listen(mailbox_, info[0].As<Napi::Number>(), [client, level](auto... how) {
    return repolock_client_on_log(client, level, how...);
  });
}

void Client::echo(const Napi::CallbackInfo &info) {
  auto news = std::make_unique<News>();
  news->listener = info[0].As<Napi::Number>();
  news->kind = REPOLOCK_EVENT_DONE;
  news->status = repolock_status_name(REPOLOCK_OK);
  mailbox_->post(std::move(news));
}

void Client::heartbeat(const Napi::CallbackInfo & /*info*/) {
  repolock_client_heartbeat(client_.get());
}

void Client::keep_alive(const Napi::CallbackInfo &info) {
  if (mailbox_) mailbox_->keep_alive(info.Env());
}

void Client::let_go(const Napi::CallbackInfo &info) {
  if (mailbox_) mailbox_->let_go(info.Env());
}

void Client::close(const Napi::CallbackInfo & /*info*/) {
  if (mailbox_) mailbox_->close();
}

}  // namespace repolock_node
