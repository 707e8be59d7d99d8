#include "lease.h"

#include "classes.h"
#include "operation.h"

namespace repolock_node {

Napi::Function Lease::define(Napi::Env env) {
  return DefineClass(
      env, "Lease",
      {InstanceMethod<&Lease::listen>("listen"), InstanceMethod<&Lease::fence>("fence"),
       InstanceAccessor<&Lease::id>("id"), InstanceAccessor<&Lease::previous>("previous"),
       InstanceAccessor<&Lease::remaining_ms>("remainingMs"),
       InstanceAccessor<&Lease::status>("status"), InstanceAccessor<&Lease::message>("message"),
       InstanceMethod<&Lease::extend>("extend"), InstanceMethod<&Lease::release>("release"),
       InstanceMethod<&Lease::inherit_fd>("inheritFd"), InstanceMethod<&Lease::free>("free")});
}

Napi::Value Lease::wrap(Napi::Env env, repolock_lease_t *lease,
                        const std::shared_ptr<Mailbox> &mailbox) {
  Handle<repolock_lease_t> owned(lease);
  Napi::Value object;
  auto *self = new_object<Lease>(env, env.GetInstanceData<Classes>()->lease, &object);
  if (self == nullptr) return {};
  self->lease_ = std::move(owned);
  self->mailbox_ = mailbox;
  return object;
}

Napi::Value Lease::listen(const Napi::CallbackInfo &info) {
  repolock_lease_t *lease = lease_.get();
  const bool kept =
      repolock_node::listen(mailbox_, info[0].As<Napi::Number>(),
                            [lease](auto... how) { return repolock_lease_on_lost(lease, how...); });
  return Napi::Boolean::New(info.Env(), kept);
}

Napi::Value Lease::fence(const Napi::CallbackInfo &info) {
  const uint32_t index = info[0].As<Napi::Number>();
  const uint64_t fence = repolock_lease_fence_at(lease_.get(), index);
  return Napi::Number::New(info.Env(), static_cast<double>(fence));
}

Napi::Value Lease::id(const Napi::CallbackInfo &info) {
  return Napi::String::New(info.Env(), repolock_lease_id(lease_.get()));
}

Napi::Value Lease::previous(const Napi::CallbackInfo &info) {
  return Napi::Number::New(info.Env(), repolock_lease_previous(lease_.get()));
}

Napi::Value Lease::remaining_ms(const Napi::CallbackInfo &info) {
  return remaining_of(info.Env(), repolock_lease_remaining_ms(lease_.get()));
}

Napi::Value Lease::status(const Napi::CallbackInfo &info) {
  return status_of(info.Env(), repolock_lease_status(lease_.get()));
}

Napi::Value Lease::message(const Napi::CallbackInfo &info) {
  return Napi::String::New(info.Env(), repolock_lease_message(lease_.get()));
}

Napi::Value Lease::extend(const Napi::CallbackInfo &info) {
  repolock_op_t *op = nullptr;
  const int64_t ttl_ms = info[0].As<Napi::Number>();
  const repolock_status_t status = repolock_extend_start(lease_.get(), ttl_ms, &op);
  return Operation::wrap(info.Env(), status, op, mailbox_);
}

Napi::Value Lease::release(const Napi::CallbackInfo &info) {
  repolock_op_t *op = nullptr;
  const repolock_status_t status = repolock_release_start(lease_.get(), &op);
  return Operation::wrap(info.Env(), status, op, mailbox_);
}

Napi::Value Lease::inherit_fd(const Napi::CallbackInfo &info) {
  const uint32_t index = info[0].As<Napi::Number>();
  return Napi::Number::New(info.Env(), repolock_lease_inherit_fd_at(lease_.get(), index));
}

void Lease::free(const Napi::CallbackInfo & /*info*/) {
  lease_.reset();
}

}  // namespace repolock_node
