#include "plugin/host.h"

#include <new>
#include <string>
#include <utility>

#include "core/status.h"
#include "loop/loop.h"
#include "plugin/translate.h"
#include "port/clock.h"
#include "port/random.h"

// Nothing may be thrown into a backend, which may be C: where memory is short the call has no
// effect. If that leaves something undone of which the backend cannot be told, the client is.

namespace repolock::plugin {

namespace {

loop::BackendHost &client(repolock_host_t *host) {
  return *reinterpret_cast<loop::BackendHost *>(host);
}

// A timer knows its loop, so that a backend need not say it again.
struct Timer {
  loop::Loop *loop;
  loop::Loop::Timer *timer;
};

struct Watch {
  loop::Loop *loop;
  loop::Loop::Watch *watch;
};

void answer(repolock_host_t *host, uint64_t request_id, const repolock_answer_t *answer) noexcept {
  try {
    client(host).answer(request_id, copy_answer(answer));
  } catch (const std::exception &) {
    client(host).out_of_memory();
  }
}

void waiting(repolock_host_t *host, uint64_t request_id, const repolock_row_t *rows,
             size_t count) noexcept {
  try {
    client(host).waiting(request_id, copy_rows(rows, count));
  } catch (const std::exception &) {
    client(host).out_of_memory();
  }
}

void wake(repolock_host_t *host, const char *repo) noexcept {
  try {
    client(host).wake(text(repo));
  } catch (const std::exception &) {
    client(host).out_of_memory();
  }
}

void revoked(repolock_host_t *host, const char *repo, const char *lease_id, int32_t reason,
             const char *message) noexcept {
  try {
    client(host).revoked(text(repo), text(lease_id), loss_reason(reason), text(message));
  } catch (const std::exception &) {
    client(host).out_of_memory();
  }
}

void log(repolock_host_t *host, int32_t level, const char *event, const char *message) noexcept {
  try {
    core::LogLine line;
    line.level = level;
    line.message = text(message);
    line.fields.emplace_back("event", text(event));
    client(host).log(std::move(line));
  } catch (const std::exception &) {
  }
}

void node(repolock_host_t *host, const char *node, int32_t up, const char *message) noexcept {
  try {
    core::LogLine line;
    line.level = up != 0 ? core::kLogInfo : core::kLogWarn;
    line.message = text(message);
    line.fields = {{"event", up != 0 ? "node_up" : "node_down"}, {"node", text(node)}};
    client(host).log(std::move(line));
  } catch (const std::exception &) {
  }
}

int32_t post(repolock_host_t *host, repolock_post_cb callback, void *data) noexcept {
  try {
    return client(host).loop().post([callback, data] { callback(data); }) ? 1 : 0;
  } catch (const std::exception &) {
    return 0;
  }
}

int64_t now(repolock_host_t *) noexcept {
  return port::now_ms();
}

int32_t random(repolock_host_t *, void *out, size_t len) noexcept {
  return port::random_bytes(out, len) ? 1 : 0;
}

repolock_watch_t *watch_fd(repolock_host_t *host, int32_t fd, int32_t events,
                           repolock_ready_cb callback, void *data) noexcept {
  try {
    loop::Loop &loop = client(host).loop();
    auto watch = std::make_unique<Watch>();
    watch->loop = &loop;
    watch->watch = loop.watch(fd, events, [callback, data](int ready) { callback(data, ready); });
    if (watch->watch == nullptr) return nullptr;
    return reinterpret_cast<repolock_watch_t *>(watch.release());
  } catch (const std::exception &) {
    return nullptr;
  }
}

void watch_set(repolock_watch_t *handle, int32_t events) noexcept {
  const auto *watch = reinterpret_cast<Watch *>(handle);
  watch->loop->watch_set(watch->watch, events);
}

void watch_free(repolock_watch_t *handle) noexcept {
  if (handle == nullptr) return;
  const std::unique_ptr<Watch> watch(reinterpret_cast<Watch *>(handle));
  watch->loop->watch_free(watch->watch);
}

repolock_timer_t *timer_new(repolock_host_t *host, repolock_post_cb callback, void *data) noexcept {
  try {
    loop::Loop &loop = client(host).loop();
    auto timer = std::make_unique<Timer>();
    timer->loop = &loop;
    timer->timer = loop.timer_new([callback, data] { callback(data); });
    return reinterpret_cast<repolock_timer_t *>(timer.release());
  } catch (const std::exception &) {
    return nullptr;
  }
}

void timer_set(repolock_timer_t *handle, int64_t at_ms) noexcept {
  const auto *timer = reinterpret_cast<Timer *>(handle);
  try {
    timer->loop->timer_set(timer->timer, at_ms);
  } catch (const std::exception &) {
    timer->loop->fail_soon();
  }
}

void timer_free(repolock_timer_t *handle) noexcept {
  if (handle == nullptr) return;
  const std::unique_ptr<Timer> timer(reinterpret_cast<Timer *>(handle));
  timer->loop->timer_free(timer->timer);
}

int32_t later(repolock_host_t *host, repolock_post_cb callback, void *data) noexcept {
  try {
    client(host).loop().later([callback, data] { callback(data); });
    return 1;
  } catch (const std::exception &) {
    return 0;
  }
}

constexpr repolock_host_api_t kHostApi = {
    sizeof(repolock_host_api_t),
    REPOLOCK_PLUGIN_ABI,
    answer,
    waiting,
    wake,
    revoked,
    node,
    log,
    post,
    now,
    random,
    watch_fd,
    watch_set,
    watch_free,
    timer_new,
    timer_set,
    timer_free,
    later,
};

}  // namespace

const repolock_host_api_t *host_api() {
  return &kHostApi;
}

}  // namespace repolock::plugin
