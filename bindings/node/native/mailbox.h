// mailbox.h - from the client's own thread to JavaScript.
#pragma once

#include <napi.h>
#include <repolock/repolock.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace repolock_node {

// A copy of an event, for the listener that JavaScript knows by its number.
struct News {
  double listener = 0;
  int32_t kind = 0;
  std::string status;
  std::string message;
  int32_t level = 0;
  std::vector<std::pair<std::string, std::string>> fields;
};

// One a client. The client's thread may outlive the environment, and a thread-safe function does
// not: nobody touches it once close() has returned.
class Mailbox {
 public:
  // hear(listener, kind, status, message, level, fields) is called on the JavaScript thread.
  Mailbox(Napi::Env env, Napi::Function hear);

  void post(std::unique_ptr<News> news);  // from any thread

  // All of these on the JavaScript thread alone. A mailbox does not keep the process alive unless
  // it is told to.
  void keep_alive(Napi::Env env);
  void let_go(Napi::Env env);
  void close();

 private:
  static void deliver(Napi::Env env, Napi::Function hear, std::nullptr_t *context, News *news);
  using Channel = Napi::TypedThreadSafeFunction<std::nullptr_t, News, deliver>;

  std::mutex mutex_;
  bool closed_ = false;
  Channel channel_;
};

// What is handed to on_* of the library: whoever hears by callback is one of these.
struct Listener {
  std::shared_ptr<Mailbox> mailbox;
  double number;

  static void hear(const repolock_event_t *event, void *listener);
  static void free(void *listener);
};

// on(callback, user_data, free_user_data) is one of the library's on_*; false if it kept nothing.
template <typename On>
bool listen(const std::shared_ptr<Mailbox> &mailbox, double number, On on) {
  auto listener = std::make_unique<Listener>(Listener{mailbox, number});
  const bool kept = on(Listener::hear, listener.get(), Listener::free) == REPOLOCK_OK;
  if (kept) static_cast<void>(listener.release());
  return kept;
}

}  // namespace repolock_node
