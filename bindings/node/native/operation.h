// operation.h - one operation under way.
#pragma once

#include "mailbox.h"
#include "values.h"

namespace repolock_node {

class Operation : public Napi::ObjectWrap<Operation> {
 public:
  static Napi::Function define(Napi::Env env);

  // status: of the *_start that gave op; raises where there is none.
  static Napi::Value wrap(Napi::Env env, repolock_status_t status, repolock_op_t *op,
                          const std::shared_ptr<Mailbox> &mailbox);

  using Napi::ObjectWrap<Operation>::ObjectWrap;

 private:
  // listen(number, waitingToo): the status; only if that is E_PENDING there will be news.
  Napi::Value listen(const Napi::CallbackInfo &info);
  Napi::Value status(const Napi::CallbackInfo &info);
  Napi::Value message(const Napi::CallbackInfo &info);
  Napi::Value snapshot(const Napi::CallbackInfo &info);    // rows, or undefined
  Napi::Value take_lease(const Napi::CallbackInfo &info);  // a lease, or undefined
  void cancel(const Napi::CallbackInfo &info);
  void free(const Napi::CallbackInfo &info);

  Handle<repolock_op_t> op_;
  std::shared_ptr<Mailbox> mailbox_;
};

}  // namespace repolock_node
