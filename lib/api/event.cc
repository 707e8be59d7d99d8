#include "api/guard.h"
#include "api/handles.h"
#include "api/listener.h"

using namespace repolock;

namespace repolock::api {

loop::ListenerPtr make_listener(repolock_event_cb callback, void *user_data,
                                repolock_free_cb free_user_data) {
  if (callback == nullptr && free_user_data != nullptr) return nullptr;
  auto listener = std::make_shared<loop::Listener>();
  listener->user_data = user_data;
  if (callback != nullptr)
    listener->callback = [callback, user_data](const loop::EventPtr &event) {
      const repolock_event borrowed{event};
      callback(&borrowed, user_data);
    };
  if (free_user_data != nullptr)
    listener->free_user_data = [free_user_data, user_data] { free_user_data(user_data); };
  return listener;
}

}  // namespace repolock::api

extern "C" {

repolock_status_t repolock_client_on_log(repolock_client_t *client, int32_t level,
                                         repolock_event_cb callback, void *user_data,
                                         repolock_free_cb free_user_data) {
  return api::guard([&]() -> repolock_status_t {
    if (client == nullptr || level < REPOLOCK_LOG_ERROR || level > REPOLOCK_LOG_DEBUG)
      return REPOLOCK_E_INVALID;
    if (client->hold.forked()) return REPOLOCK_E_FORKED;
    const auto listener = api::make_listener(callback, user_data, free_user_data);
    if (!listener) return REPOLOCK_E_INVALID;
    return api::as_status(client->hold.client->listen_log(level, listener));
  });
}

int32_t repolock_event_fd(const repolock_client_t *client) {
  if (client == nullptr || client->hold.forked()) return -1;
  return client->hold.client->queue().fd();
}

repolock_status_t repolock_event_next(repolock_client_t *client, int64_t timeout_ms,
                                      repolock_event_t **out) {
  return api::guard([&]() -> repolock_status_t {
    core::Millis timeout = 0;
    if (client == nullptr || out == nullptr || !api::read_limit(timeout_ms, &timeout))
      return REPOLOCK_E_INVALID;
    if (client->hold.forked()) return REPOLOCK_E_FORKED;
    if (timeout > 0 && !api::may_block()) return REPOLOCK_E_WRONG_THREAD;
    auto handle = std::make_unique<repolock_event>();
    const loop::ClientPtr held = client->hold.client;
    switch (held->queue().next(timeout, &handle->event)) {
      case loop::EventQueue::Next::kNothingYet:
        return REPOLOCK_E_PENDING;
      case loop::EventQueue::Next::kEnd:
        return REPOLOCK_E_SHUTDOWN;
      case loop::EventQueue::Next::kEvent:
        break;
    }
    *out = handle.release();
    return REPOLOCK_OK;
  });
}

int32_t repolock_event_kind(const repolock_event_t *event) {
  return event == nullptr ? 0 : static_cast<int32_t>(event->event->kind);
}

void *repolock_event_user_data(const repolock_event_t *event) {
  return event == nullptr ? nullptr : event->event->user_data;
}

repolock_status_t repolock_event_status(const repolock_event_t *event) {
  return event == nullptr ? REPOLOCK_E_INVALID : api::as_status(event->event->status);
}

const char *repolock_event_message(const repolock_event_t *event) {
  return event == nullptr ? "" : event->event->message.c_str();
}

int32_t repolock_event_level(const repolock_event_t *event) {
  return event == nullptr ? 0 : event->event->level;
}

repolock_status_t repolock_event_field(const repolock_event_t *event, size_t index,
                                       const char **key, const char **value) {
  if (event == nullptr || key == nullptr || value == nullptr ||
      index >= event->event->fields.size())
    return REPOLOCK_E_INVALID;
  *key = event->event->fields[index].first.c_str();
  *value = event->event->fields[index].second.c_str();
  return REPOLOCK_OK;
}

void repolock_event_free(repolock_event_t *event) {
  delete event;
}

}  // extern "C"
