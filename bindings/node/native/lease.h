// lease.h - one acquisition, from its grant to its release or loss.
#pragma once

#include "mailbox.h"
#include "values.h"

namespace repolock_node {

class Lease : public Napi::ObjectWrap<Lease> {
 public:
  static Napi::Function define(Napi::Env env);
  static Napi::Value wrap(Napi::Env env, repolock_lease_t *lease,
                          const std::shared_ptr<Mailbox> &mailbox);

  using Napi::ObjectWrap<Lease>::ObjectWrap;

 private:
  Napi::Value listen(const Napi::CallbackInfo &info);  // listen(number): will there be news?
  Napi::Value fence(const Napi::CallbackInfo &info);   // fence(index)
  Napi::Value id(const Napi::CallbackInfo &info);
  Napi::Value previous(const Napi::CallbackInfo &info);
  Napi::Value remaining_ms(const Napi::CallbackInfo &info);
  Napi::Value status(const Napi::CallbackInfo &info);
  Napi::Value message(const Napi::CallbackInfo &info);
  Napi::Value extend(const Napi::CallbackInfo &info);  // extend(ttlMs): an operation
  Napi::Value release(const Napi::CallbackInfo &info);
  Napi::Value inherit_fd(const Napi::CallbackInfo &info);  // inheritFd(index)
  void free(const Napi::CallbackInfo &info);

  Handle<repolock_lease_t> lease_;
  std::shared_ptr<Mailbox> mailbox_;
};

}  // namespace repolock_node
