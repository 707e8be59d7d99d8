#include "redis/redis_link.h"

#include <cstring>
#include <utility>

#include "oracle/violation.h"
#include "plugin/translate.h"
#include "redis/redis_service.h"

namespace repolock::sim {

// ---- plugin.h, the host's side ----

struct RedisLink::Table {
  static RedisLink &link(repolock_host_t *host) { return *reinterpret_cast<RedisLink *>(host); }
  static Timer &timer(repolock_timer_t *handle) { return *reinterpret_cast<Timer *>(handle); }

  static void answer(repolock_host_t *host, uint64_t request, const repolock_answer_t *answer) {
    link(host).answered(request, plugin::copy_answer(answer));
  }
  static void waiting(repolock_host_t *host, uint64_t request, const repolock_row_t *rows,
                      size_t count) {
    RedisLink &self = link(host);
    self.say([&self, request, copy = plugin::copy_rows(rows, count)] {
      self.client_.waiting(request, copy);
    });
  }
  static void wake(repolock_host_t *, const char *) {}
  static void revoked(repolock_host_t *host, const char *repo, const char *lease_id, int32_t reason,
                      const char *) {
    RedisLink &self = link(host);
    self.say([&self, name = std::string(repo), id = std::string(lease_id), reason] {
      self.client_.revoked(name, id, plugin::loss_reason(reason));
    });
  }
  static void node(repolock_host_t *host, const char *, int32_t up, const char *message) {
    const RedisLink &self = link(host);
    self.run_.trace.line(self.run_.now(), self.client_.name(),
                         up != 0 ? "votes" : "is out:", message == nullptr ? "" : message);
  }
  static void log(repolock_host_t *, int32_t, const char *, const char *) {}
  static int32_t post(repolock_host_t *host, repolock_post_cb callback, void *data) {
    link(host).hear([callback, data] { callback(data); });
    return 1;
  }
  static int64_t now(repolock_host_t *host) {
    const RedisLink &self = link(host);
    return self.client_.on_its_clock(self.run_.now());
  }
  static int32_t random(repolock_host_t *host, void *out, size_t size) {
    for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
      const uint64_t number = link(host).run_.random.next();
      std::memcpy(static_cast<char *>(out) + at, &number, std::min(sizeof number, size - at));
    }
    return 1;
  }
  static repolock_watch_t *watch_fd(repolock_host_t *, int32_t, int32_t, repolock_ready_cb,
                                    void *) {
    return nullptr;
  }
  static void watch_set(repolock_watch_t *, int32_t) {}
  static void watch_free(repolock_watch_t *) {}
  static repolock_timer_t *timer_new(repolock_host_t *host, repolock_post_cb callback, void *data) {
    RedisLink &self = link(host);
    auto made = std::make_unique<Timer>(Timer{&self, ++self.last_timer_, callback, data});
    Timer *timer = made.get();
    self.timers_.emplace(timer->id, std::move(made));
    return reinterpret_cast<repolock_timer_t *>(timer);
  }
  static void timer_set(repolock_timer_t *handle, int64_t at) {
    timer(handle).at = at;
    timer(handle).link->arm(timer(handle));
  }
  static void timer_free(repolock_timer_t *handle) {
    if (handle != nullptr) timer(handle).link->timers_.erase(timer(handle).id);
  }

  static constexpr repolock_host_api_t kApi = {
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
      post,
  };
};

// ---- The client's end ----

RedisLink::RedisLink(Run &run, RedisService &service, Host &client)
    : run_(run),
      service_(service),
      client_(client),
      host_(&Table::kApi, reinterpret_cast<repolock_host_t *>(this)) {
  backend_ = std::make_unique<backend::redis::Client>(
      host_, service.settings(),
      [this](const backend::redis::Endpoint &server, const std::function<void()> &) {
        return service_.make_connection(*this, server);
      });
  backend_->open();
  service_.add(*this);
}

RedisLink::~RedisLink() {
  close();
  service_.remove(*this);
}

void RedisLink::submit(const core::BackendRequest &request) {
  if (closed_) return;
  asked_[request.id] = {request.verb, run_.now()};
  static const plugin::Self kSelf = {"host", "boot", 1, 2};
  enter([&] { backend_->submit(*plugin::RequestView(request, kSelf).get()); });
}

void RedisLink::cancel(uint64_t request) {
  if (!closed_) enter([&] { backend_->cancel(request); });
}

void RedisLink::close() {
  closed_ = true;
  said_.clear();
  backend_.reset();
}

void RedisLink::answered(uint64_t request, core::BackendAnswer answer) {
  if (asked_.erase(request) == 0) {
    say([request] {
      throw Violation(kOnce, "request " + std::to_string(request) + " is answered twice");
    });
    return;
  }
  say([this, request, answer = std::move(answer)] { client_.answer(request, answer); });
}

void RedisLink::check_answers() const {
  constexpr Millis kSoon = 30'000;
  for (const auto &[request, asked] : asked_)
    if (!closed_ && asked.verb != core::Verb::kAcquire && run_.now() - asked.at > kSoon)
      throw Violation(
          kOnce, client_.name() + ": request " + std::to_string(request) + " was never answered");
}

// ---- Its process ----

void RedisLink::hear(Schedule::Task task) {
  if (closed_) return;
  heard_.push_back(std::move(task));
  if (!is_at_work_) return client_.when_it_runs([this] { run_heard(); });
  run_.schedule.in(0, [this] {
    if (!closed_) client_.when_it_runs([this] { run_heard(); });
  });
}

// After a sleep either timers or connections come first.
void RedisLink::run_heard() {
  while (!closed_ && (!heard_.empty() || !due_.empty())) {
    const bool timers_first = heard_.empty() || (!due_.empty() && run_.random.one_in(2));
    auto &queue = timers_first ? due_ : heard_;
    const Schedule::Task task = std::move(queue.front());
    queue.pop_front();
    enter(task);
  }
}

// What the backend says meanwhile waits until it has returned.
void RedisLink::enter(const Schedule::Task &task) {
  ++run_.events;
  is_at_work_ = true;
  task();
  is_at_work_ = false;
  while (!closed_ && !said_.empty()) {
    const Schedule::Task told = std::move(said_.front());
    said_.pop_front();
    told();
  }
}

// ---- Its timers ----

void RedisLink::arm(Timer &timer) {
  const uint64_t set = ++timer.set;
  if (timer.at == kForever) return;
  const bool is_late = run_.troubled && run_.random.percent(run_.traits.chances.late);
  const Millis late = is_late ? run_.random.up_to(run_.random.of<Millis>({20, 1'000})) : 0;
  run_.schedule.at(client_.in_real_time(timer.at) + late, [this, id = timer.id, set] {
    if (closed_) return;
    due_.emplace_back([this, id, set] { fire(id, set); });
    client_.when_it_runs([this] { run_heard(); });
  });
}

void RedisLink::fire(uint64_t timer, uint64_t set) {
  const auto found = timers_.find(timer);
  if (found == timers_.end() || found->second->set != set) return;
  Timer &due = *found->second;
  if (host_.now() < due.at) return arm(due);
  due.at = kForever;
  due.callback(due.data);
}

void RedisLink::clock_stepped() {
  for (auto &[id, timer] : timers_)
    if (timer->at != kForever) arm(*timer);
}

}  // namespace repolock::sim
