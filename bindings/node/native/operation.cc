#include "operation.h"

#include "classes.h"
#include "lease.h"

namespace repolock_node {

Napi::Function Operation::define(Napi::Env env) {
  return DefineClass(
      env, "Operation",
      {InstanceMethod<&Operation::listen>("listen"), InstanceAccessor<&Operation::status>("status"),
       InstanceAccessor<&Operation::message>("message"),
       InstanceMethod<&Operation::snapshot>("snapshot"),
       InstanceMethod<&Operation::take_lease>("takeLease"),
       InstanceMethod<&Operation::cancel>("cancel"), InstanceMethod<&Operation::free>("free")});
}

Napi::Value Operation::wrap(Napi::Env env, repolock_status_t status, repolock_op_t *op,
                            const std::shared_ptr<Mailbox> &mailbox) {
  if (status != REPOLOCK_OK) {
    raise(env, status, "the library could not begin: " + std::string(repolock_status_name(status)));
    return {};
  }
  Handle<repolock_op_t> owned(op);
  Napi::Value object;
  auto *self = new_object<Operation>(env, env.GetInstanceData<Classes>()->operation, &object);
  if (self == nullptr) return {};
  self->op_ = std::move(owned);
  self->mailbox_ = mailbox;
  return object;
}

Napi::Value Operation::listen(const Napi::CallbackInfo &info) {
  repolock_op_t *op = op_.get();
  if (repolock_op_status(op) == REPOLOCK_E_PENDING) {
    const double number = info[0].As<Napi::Number>();
    if (flag_of(info[1]))
      repolock_node::listen(mailbox_, number,
                            [op](auto... how) { return repolock_op_on_wait(op, how...); });
    if (repolock_node::listen(mailbox_, number,
                              [op](auto... how) { return repolock_op_on_done(op, how...); }))
      return status_of(info.Env(), REPOLOCK_E_PENDING);
  }
  return status_of(info.Env(), repolock_op_status(op));
}

Napi::Value Operation::status(const Napi::CallbackInfo &info) {
  return status_of(info.Env(), repolock_op_status(op_.get()));
}

Napi::Value Operation::message(const Napi::CallbackInfo &info) {
  return Napi::String::New(info.Env(), repolock_op_message(op_.get()));
}

Napi::Value Operation::snapshot(const Napi::CallbackInfo &info) {
  repolock_snapshot_t *taken = nullptr;
  if (repolock_op_snapshot(op_.get(), &taken) != REPOLOCK_OK) return info.Env().Undefined();
  const Handle<repolock_snapshot_t> snapshot(taken);
  return rows_of(info.Env(), snapshot.get());
}

Napi::Value Operation::take_lease(const Napi::CallbackInfo &info) {
  repolock_lease_t *lease = nullptr;
  if (repolock_op_take_lease(op_.get(), &lease) != REPOLOCK_OK) return info.Env().Undefined();
  return Lease::wrap(info.Env(), lease, mailbox_);
}

void Operation::cancel(const Napi::CallbackInfo & /*info*/) {
  repolock_op_cancel(op_.get());
}

void Operation::free(const Napi::CallbackInfo & /*info*/) {
  op_.reset();
}

}  // namespace repolock_node
