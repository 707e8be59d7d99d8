// The loop of BackendDriver: descriptors, timers and posts, on poll() alone.
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "support/driver_parts.h"

namespace repolock::testing {

namespace {

int64_t boot_time_ms() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

int16_t poll_events(int32_t events) {
  return static_cast<int16_t>(((events & REPOLOCK_READABLE) != 0 ? POLLIN : 0) |
                              ((events & REPOLOCK_WRITABLE) != 0 ? POLLOUT : 0));
}

// A hang-up or an error is told as whatever was asked for: the backend finds it when it reads.
int32_t ready_events(int16_t revents, int32_t asked) {
  if ((revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) return asked;
  return ((revents & POLLIN) != 0 ? REPOLOCK_READABLE : 0) |
         ((revents & POLLOUT) != 0 ? REPOLOCK_WRITABLE : 0);
}

}  // namespace

int64_t BackendDriver::now() const {
  return clock_ != nullptr ? clock_->now() : boot_time_ms();
}

void BackendDriver::wake_loop() {
  const uint64_t one = 1;
  [[maybe_unused]] const auto written = write(wake_fd_, &one, sizeof one);
}

void BackendDriver::check_thread(const char *what) {
  if (thread_.load() == std::this_thread::get_id()) return;
  std::lock_guard lock(mutex_);
  violation(std::string(what) + " from another thread than the client's");
}

int64_t BackendDriver::next_timer() const {
  int64_t next = INT64_MAX;
  for (const auto &timer : timers_) {
    if (!timer->freed) next = std::min(next, timer->at_ms);
  }
  return next;
}

bool BackendDriver::run_posts() {
  std::deque<Post> posts;
  {
    std::lock_guard lock(mutex_);
    posts.swap(posts_);
  }
  for (const auto &post : posts) post.callback(post.data);
  return !posts.empty();
}

bool BackendDriver::run_timers() {
  bool fired = false;
  for (;;) {
    Timer *first = nullptr;
    for (const auto &timer : timers_) {
      if (timer->freed || timer->at_ms > now()) continue;
      const bool earlier = first == nullptr || std::pair(timer->at_ms, timer->order) <
                                                   std::pair(first->at_ms, first->order);
      if (earlier) first = timer.get();
    }
    if (first == nullptr) break;
    first->at_ms = INT64_MAX;
    fired = true;
    first->callback(first->data);
    // A timer that is set to a time that has passed fires in the next turn, not for ever in this.
    if (next_timer() <= now()) break;
  }
  std::erase_if(timers_, [](const auto &timer) { return timer->freed; });
  return fired;
}

bool BackendDriver::poll_watches(int64_t wait_ms) {
  std::vector<pollfd> polled{{wake_fd_, POLLIN, 0}};
  std::vector<Watch *> asked{nullptr};
  for (const auto &watch : watches_) {
    if (watch->freed || watch->events == 0) continue;
    polled.push_back({watch->fd, poll_events(watch->events), 0});
    asked.push_back(watch.get());
  }
  poll(polled.data(), polled.size(), static_cast<int>(std::min<int64_t>(wait_ms, INT32_MAX)));

  bool ready = false;
  for (size_t i = 0; i < polled.size(); ++i) {
    if (polled[i].revents == 0) continue;
    ready = true;
    if (asked[i] == nullptr) {
      uint64_t count = 0;
      [[maybe_unused]] const auto bytes = read(wake_fd_, &count, sizeof count);
      continue;
    }
    // An earlier callback of this turn may have paused or freed it.
    if (asked[i]->freed) continue;
    const int32_t events = ready_events(polled[i].revents, asked[i]->events) & asked[i]->events;
    if (events != 0) asked[i]->callback(asked[i]->data, events);
  }
  std::erase_if(watches_, [](const auto &watch) { return watch->freed; });
  return ready;
}

bool BackendDriver::turn(int64_t wait_ms) {
  enter();
  const bool timers = run_timers();
  // Posts wake the descriptor that poll looks at, so none is slept over.
  const bool ready = poll_watches(timers ? 0 : wait_ms);
  const bool posts = run_posts();
  return timers || ready || posts;
}

bool BackendDriver::run_until(const std::function<bool()> &predicate, int64_t guard_ms) {
  const int64_t end = boot_time_ms() + guard_ms;
  while (!predicate()) {
    const int64_t left = end - boot_time_ms();
    if (left <= 0) return false;
    // A fake clock's timers are its advance's: only what is due already fires in the turn.
    const int64_t timer = clock_ == nullptr ? std::max<int64_t>(next_timer(), now()) - now() : left;
    turn(std::min(left, timer));
  }
  return true;
}

repolock_watch_t *BackendDriver::HostTable::watch_fd(repolock_host_t *host, int32_t fd,
                                                     int32_t events, repolock_ready_cb callback,
                                                     void *data) {
  auto &self = driver(host);
  self.check_thread("watch_fd");
  self.watches_.push_back(std::make_unique<Watch>(Watch{&self, fd, events, callback, data}));
  return reinterpret_cast<repolock_watch_t *>(self.watches_.back().get());
}

void BackendDriver::HostTable::watch_set(repolock_watch_t *watch, int32_t events) {
  auto *self = reinterpret_cast<Watch *>(watch);
  self->driver->check_thread("watch_set");
  self->events = events;
}

void BackendDriver::HostTable::watch_free(repolock_watch_t *watch) {
  auto *self = reinterpret_cast<Watch *>(watch);
  self->driver->check_thread("watch_free");
  self->freed = true;
}

repolock_timer_t *BackendDriver::HostTable::timer_new(repolock_host_t *host,
                                                      repolock_post_cb callback, void *data) {
  auto &self = driver(host);
  self.check_thread("timer_new");
  self.timers_.push_back(std::make_unique<Timer>(Timer{&self, callback, data}));
  return reinterpret_cast<repolock_timer_t *>(self.timers_.back().get());
}

void BackendDriver::HostTable::timer_set(repolock_timer_t *timer, int64_t at_ms) {
  auto *self = reinterpret_cast<Timer *>(timer);
  self->driver->check_thread("timer_set");
  self->at_ms = at_ms;
  self->order = ++self->driver->last_timer_;
}

// A turn ends with the posts.
int32_t BackendDriver::HostTable::later(repolock_host_t *host, repolock_post_cb callback,
                                        void *data) {
  driver(host).check_thread("later");
  return post(host, callback, data);
}

void BackendDriver::HostTable::timer_free(repolock_timer_t *timer) {
  auto *self = reinterpret_cast<Timer *>(timer);
  self->driver->check_thread("timer_free");
  self->freed = true;
}

}  // namespace repolock::testing
