#include "loop/loop.h"

#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

#include "port/clock.h"
#include "port/thread.h"

namespace repolock::loop {

struct Loop::Watch {
  uv_poll_t poll;
  std::function<void(int)> ready;
};

namespace {

template <class Handle>
uv_handle_t *as_handle(Handle *handle) {
  return reinterpret_cast<uv_handle_t *>(handle);
}

// libuv is C: nothing may be thrown through it. Tasks settle their own failures; what is left is
// want of memory, and the thread goes on for the others.
template <class Work>
void contained(const Work &work) {
  try {
    work();
  } catch (...) {
  }
}

void require(int status, const char *what) {
  if (status < 0) throw std::system_error(-status, std::generic_category(), what);
}

}  // namespace

Loop::Loop() {
  require(uv_loop_init(&uv_), "uv_loop_init");
  uv_.data = this;
  try {
    require(uv_async_init(
                &uv_, &wake_,
                [](uv_async_t *wake) { static_cast<Loop *>(wake->loop->data)->run_posted(); }),
            "uv_async_init");
  } catch (...) {
    uv_loop_close(&uv_);
    throw;
  }
  uv_prepare_init(&uv_, &before_sleep_);
  uv_prepare_start(&before_sleep_, [](uv_prepare_t *prepare) {
    auto *self = static_cast<Loop *>(prepare->loop->data);
    self->run_later();
    if (self->last_words_)
      self->end();
    else
      self->set_alarm();
  });
  alarm_ = port::alarm_open();
  if (alarm_ < 0) {
    const int error = errno;
    uv_close(as_handle(&wake_), nullptr);
    uv_close(as_handle(&before_sleep_), nullptr);
    uv_run(&uv_, UV_RUN_DEFAULT);
    uv_loop_close(&uv_);
    throw std::system_error(error, std::generic_category(), "timerfd_create");
  }
  uv_poll_init(&uv_, &alarm_ready_, alarm_);
  uv_poll_start(&alarm_ready_, UV_READABLE, [](uv_poll_t *poll, int, int) {
    auto *self = static_cast<Loop *>(poll->loop->data);
    port::alarm_clear(self->alarm_);
    self->alarm_at_ = core::kForever;
    self->run_due();
  });
}

Loop::~Loop() {
  if (!stopping_) {  // never started
    posted_.clear();
    stop([] {});
    uv_run(&uv_, UV_RUN_DEFAULT);
  }
  uv_loop_close(&uv_);
  port::alarm_close(alarm_);
}

void Loop::start(Task after_run) {
  after_run_ = std::move(after_run);
  port::start_thread([this] { run(); });
}

void Loop::run() {
  thread_ = std::this_thread::get_id();
  uv_run(&uv_, UV_RUN_DEFAULT);
  const Task last = std::move(after_run_);  // may destroy this loop
  last();
}

bool Loop::post(Task task) {
  const std::lock_guard lock(mutex_);
  if (!accepting_) return false;
  posted_.push_back(std::move(task));
  // Under the mutex: the handle is closed only after accepting_ was cleared.
  if (posted_.size() == 1) uv_async_send(&wake_);
  return true;
}

void Loop::run_posted() {
  std::vector<Task> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(posted_);
  }
  for (Task &task : tasks) {
    contained(task);
    task = nullptr;  // what it held goes before the next one runs
  }
}

void Loop::run_later() {
  while (!later_.empty()) {
    std::vector<Task> tasks;
    tasks.swap(later_);
    for (const Task &task : tasks) contained(task);
  }
}

void Loop::run_due() {
  while (auto timer = timers_.take_due(port::now_ms())) {
    const Task fire = (*timer)->fire;  // a copy: it may free its timer
    contained(fire);
  }
}

// Only an earlier moment is worth a system call; a late one is found out when the alarm rings.
void Loop::set_alarm() {
  if (timers_.next() >= alarm_at_) return;
  alarm_at_ = timers_.next();
  port::alarm_set(alarm_, alarm_at_);
}

void Loop::stop(Task last_words) {
  last_words_ = std::move(last_words);
}

// Called between two rounds of the loop, so that no list of tasks is half run.
void Loop::end() {
  {
    const std::lock_guard lock(mutex_);
    accepting_ = false;
  }
  run_posted();
  run_later();
  stopping_ = true;
  contained(last_words_);
  uv_close(as_handle(&wake_), nullptr);
  uv_close(as_handle(&before_sleep_), nullptr);
  uv_close(as_handle(&alarm_ready_), nullptr);
}

Loop::Watch *Loop::watch(int fd, int events, std::function<void(int)> ready) {
  auto watch = std::make_unique<Watch>();
  watch->ready = std::move(ready);
  if (uv_poll_init(&uv_, &watch->poll, fd) < 0) return nullptr;
  watch->poll.data = watch.get();
  watch_set(watch.get(), events);
  return watch.release();
}

void Loop::watch_set(Watch *watch, int events) {
  if (events == 0) {
    uv_poll_stop(&watch->poll);
    return;
  }
  uv_poll_start(&watch->poll, events, [](uv_poll_t *poll, int status, int ready) {
    auto *self = static_cast<Watch *>(poll->data);
    // An error shows as readiness: the owner's read or write tells which one it is.
    const std::function<void(int)> tell = self->ready;  // a copy: it may free its watch
    contained([&] { tell(status < 0 ? UV_READABLE | UV_WRITABLE : ready); });
  });
}

void Loop::watch_free(Watch *watch) {
  watch->ready = nullptr;
  uv_close(as_handle(&watch->poll),
           [](uv_handle_t *handle) { delete static_cast<Watch *>(handle->data); });
}

void Loop::timer_free(Timer *timer) {
  timers_.clear(timer);
  delete timer;
}

}  // namespace repolock::loop
