#include "plugin/host.h"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "core/status.h"
#include "loop/loop.h"
#include "plugin/translate.h"
#include "port/clock.h"
#include "port/fork.h"
#include "port/random.h"

// Nothing may be thrown into a backend, which may be C: where memory is short the call has no
// effect. If that leaves something undone of which the backend cannot be told, the client is.

namespace repolock::plugin {

namespace {

// To one client, as long as it is there.
struct Door {
  std::mutex mutex;  // held for the time of a call
  loop::BackendHost *client;
};
using Doors = std::map<uintptr_t, std::shared_ptr<Door>>;

constinit port::ForkSafeMutex g_mutex;
// Never freed, on purpose: a backend of somebody else's may have a thread that goes on calling.
constinit Doors *g_doors = nullptr;
constinit uintptr_t g_last = 0;

std::shared_ptr<Door> door_to(repolock_host_t *host) {
  const std::lock_guard lock(g_mutex);
  if (g_doors == nullptr) return nullptr;
  const auto found = g_doors->find(reinterpret_cast<uintptr_t>(host));
  return found == g_doors->end() ? nullptr : found->second;
}

// Runs call with the client, if that is still there. False: it is not, or memory ran out.
template <class Call>
bool with_client(repolock_host_t *host, Call call) noexcept {
  const std::shared_ptr<Door> door = door_to(host);
  if (door == nullptr) return false;
  const std::lock_guard lock(door->mutex);
  if (door->client == nullptr) return false;
  try {
    call(*door->client);
    return true;
  } catch (const std::exception &) {
    return false;
  }
}

// The same; a client that cannot hear of it, for want of memory, hears that.
template <class Call>
void tell(repolock_host_t *host, Call call) noexcept {
  with_client(host, [&call](loop::BackendHost &client) {
    try {
      call(client);
    } catch (const std::exception &) {
      client.out_of_memory();
    }
  });
}

// The same with its loop, which only its own thread may touch, and who opens.
template <class Call>
bool with_loop(repolock_host_t *host, Call call) noexcept {
  bool done = false;
  with_client(host, [&](loop::BackendHost &client) {
    loop::Loop &loop = client.loop();
    if (loop.is_started() && !loop.on_its_thread()) return;
    call(loop);
    done = true;
  });
  return done;
}

void log(repolock_host_t *host, int32_t level, const char *event, const char *message) noexcept {
  with_client(host, [&](loop::BackendHost &client) {
    core::LogLine line;
    line.level = level;
    line.message = text(message);
    line.fields.emplace_back("event", text(event));
    client.log(std::move(line));
  });
}

// Into a backend that was asked to be called back, and must not throw.
template <class Call>
void call_back(repolock_host_t *host, Call call) noexcept {
  try {
    call();
  } catch (...) {
    log(host, REPOLOCK_LOG_ERROR, "plugin_threw",
        "the backend threw an exception out of a callback, which plugin.h forbids; what it was "
        "about "
        "to do is not done");
  }
}

// A timer knows its loop, so that a backend need not say it again.
struct Timer {
  repolock_host_t *host;
  repolock_post_cb callback;
  void *data;
  loop::Loop *loop;
  loop::Loop::Timer *timer;
};

struct Watch {
  repolock_host_t *host;
  repolock_ready_cb callback;
  void *data;
  loop::Loop *loop;
  loop::Loop::Watch *watch;
};

void answer(repolock_host_t *host, uint64_t request_id, const repolock_answer_t *answer) noexcept {
  tell(host, [&](loop::BackendHost &client) { client.answer(request_id, copy_answer(answer)); });
}

void waiting(repolock_host_t *host, uint64_t request_id, const repolock_row_t *rows,
             size_t count) noexcept {
  tell(host,
       [&](loop::BackendHost &client) { client.waiting(request_id, copy_rows(rows, count)); });
}

void wake(repolock_host_t *host, const char *repo) noexcept {
  tell(host, [&](loop::BackendHost &client) { client.wake(text(repo)); });
}

void revoked(repolock_host_t *host, const char *repo, const char *lease_id, int32_t reason,
             const char *message) noexcept {
  tell(host, [&](loop::BackendHost &client) {
    client.revoked(text(repo), text(lease_id), loss_reason(reason), text(message));
  });
}

void node(repolock_host_t *host, const char *node, int32_t up, const char *message) noexcept {
  with_client(host, [&](loop::BackendHost &client) {
    core::LogLine line;
    line.level = up != 0 ? core::kLogInfo : core::kLogWarn;
    line.message = text(message);
    line.fields = {{"event", up != 0 ? "node_up" : "node_down"}, {"node", text(node)}};
    client.log(std::move(line));
  });
}

int32_t post(repolock_host_t *host, repolock_post_cb callback, void *data) noexcept {
  bool accepted = false;
  with_client(host, [&](loop::BackendHost &client) {
    accepted =
        client.loop().post([host, callback, data] { call_back(host, [&] { callback(data); }); });
  });
  return accepted ? 1 : 0;
}

int64_t now(repolock_host_t *) noexcept {
  return port::now_ms();
}

int32_t random(repolock_host_t *, void *out, size_t len) noexcept {
  return port::random_bytes(out, len) ? 1 : 0;
}

repolock_watch_t *watch_fd(repolock_host_t *host, int32_t fd, int32_t events,
                           repolock_ready_cb callback, void *data) noexcept {
  std::unique_ptr<Watch> made;
  with_loop(host, [&](loop::Loop &loop) {
    auto watch = std::make_unique<Watch>(Watch{host, callback, data, &loop, nullptr});
    watch->watch = loop.watch(fd, events, [self = watch.get()](int ready) {
      const Watch copy = *self;  // it may be freed in there
      call_back(copy.host, [&] { copy.callback(copy.data, ready); });
    });
    if (watch->watch != nullptr) made = std::move(watch);
  });
  return reinterpret_cast<repolock_watch_t *>(made.release());
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
  std::unique_ptr<Timer> made;
  with_loop(host, [&](loop::Loop &loop) {
    auto timer = std::make_unique<Timer>(Timer{host, callback, data, &loop, nullptr});
    timer->timer = loop.timer_new([self = timer.get()] {
      const Timer copy = *self;  // it may be freed in there
      call_back(copy.host, [&] { copy.callback(copy.data); });
    });
    made = std::move(timer);
  });
  return reinterpret_cast<repolock_timer_t *>(made.release());
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
  const bool accepted = with_loop(host, [&](loop::Loop &loop) {
    loop.later([host, callback, data] { call_back(host, [&] { callback(data); }); });
  });
  return accepted ? 1 : 0;
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

HostEntry::HostEntry(loop::BackendHost &client) {
  auto door = std::make_shared<Door>();
  door->client = &client;
  const std::lock_guard lock(g_mutex);
  if (g_doors == nullptr) g_doors = new Doors;
  g_doors->emplace(g_last + 1, std::move(door));
  host_ = reinterpret_cast<repolock_host_t *>(++g_last);
}

HostEntry::~HostEntry() {
  std::shared_ptr<Door> door;
  {
    const std::lock_guard lock(g_mutex);
    const auto found = g_doors->find(reinterpret_cast<uintptr_t>(host_));
    door = std::move(found->second);
    g_doors->erase(found);
  }
  const std::lock_guard lock(door->mutex);
  door->client = nullptr;
}

}  // namespace repolock::plugin
