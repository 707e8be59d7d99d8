// client.h - the library's client, as one environment of Node has it.
#pragma once

#include "mailbox.h"
#include "values.h"

namespace repolock_node {

class Client : public Napi::ObjectWrap<Client> {
 public:
  static Napi::Function define(Napi::Env env);

  explicit Client(const Napi::CallbackInfo &info);  // new Client(config, hear): raises
  ~Client() override;

 private:
  Napi::Value acquire(const Napi::CallbackInfo &info);     // acquire(repos, options): an operation
  Napi::Value inspect(const Napi::CallbackInfo &info);     // inspect(repo, or undefined)
  Napi::Value break_lock(const Napi::CallbackInfo &info);  // breakLock(repo, leaseId)
  Napi::Value shutdown(const Napi::CallbackInfo &info);    // shutdown(timeoutMs)
  Napi::Value capabilities(const Napi::CallbackInfo &info);
  Napi::Value stats(const Napi::CallbackInfo &info);
  void listen(const Napi::CallbackInfo &info);  // listen(number, level): to the log
  void echo(const Napi::CallbackInfo &info);    // echo(number): DONE, behind all earlier news
  void heartbeat(const Napi::CallbackInfo &info);
  void keep_alive(const Napi::CallbackInfo &info);
  void let_go(const Napi::CallbackInfo &info);
  void close(const Napi::CallbackInfo &info);  // after a shutdown: nobody is told anything more

  void end();
  static void end_with_environment(void *self);

  Handle<repolock_client_t> client_;
  std::shared_ptr<Mailbox> mailbox_;  // none once it was closed
};

}  // namespace repolock_node
