#include "loop/loop.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

#include "port/clock.h"
#include "port/descriptor.h"
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

void require(int status, const char *what) {
  if (status < 0) throw std::system_error(-status, std::generic_category(), what);
}

}  // namespace

// libuv ends the process where it lacks the descriptors for its own needs, or the memory to lengthen
// its table of them. All that can be done is to look whether they are there just before.
bool Loop::has_room_for(int fd) {
  const size_t longest = std::bit_ceil(static_cast<size_t>(fd) + 3) * sizeof(void *);
  void *probe = ::operator new(longest, std::nothrow);
  if (probe == nullptr) return false;
  ::operator delete(probe);
  return true;
}

Loop::Loop() {
  constexpr int kDescriptors = 7;  // of the first loop in a process, and the alarm
  if (!has_room_for(port::highest_of_new(kDescriptors))) throw std::bad_alloc();
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
    if (self->last_words_ && port::now_ms() >= self->stop_at_)
      self->end();
    else
      self->set_alarm();
  });
  alarm_ = port::alarm_open();
  const int error = alarm_ < 0 ? errno : -uv_poll_init(&uv_, &alarm_ready_, alarm_);
  if (error != 0) {
    if (alarm_ >= 0) port::alarm_close(alarm_);
    uv_close(as_handle(&wake_), nullptr);
    uv_close(as_handle(&before_sleep_), nullptr);
    uv_run(&uv_, UV_RUN_DEFAULT);
    uv_loop_close(&uv_);
    throw std::system_error(error, std::generic_category(), "a timer's descriptor");
  }
  uv_poll_start(&alarm_ready_, UV_READABLE, [](uv_poll_t *poll, int, int) {
    auto *self = static_cast<Loop *>(poll->loop->data);
    port::alarm_clear(self->alarm_);
    self->alarm_at_ = core::kForever;
    self->contain([self] { self->run_due(); });
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

void Loop::start(Task after_run, Task on_failure) {
  on_failure_ = std::move(on_failure);
  port::start_thread([this, last = std::move(after_run)] {
    thread_ = std::this_thread::get_id();
    uv_run(&uv_, UV_RUN_DEFAULT);
    last();  // may destroy this loop
  });
}

// libuv is C: nothing may be thrown through it. Tasks settle their own failures; what is left is
// want of memory.
template <class Work>
void Loop::contain(const Work &work) {
  busy_since_ = port::now_ms();
  try {
    work();
  } catch (...) {
    on_failure_();
  }
  busy_since_ = 0;
}

Loop::Letter Loop::letter(Task task) {
  Letter letter;
  letter.push_back(std::move(task));
  return letter;
}

bool Loop::post(Letter letter) {
  const std::lock_guard lock(mutex_);
  if (!accepting_) return false;
  const bool is_first = posted_.empty();
  posted_.splice(posted_.end(), letter);
  // Under the mutex: the handle is closed only after accepting_ was cleared.
  if (is_first) uv_async_send(&wake_);
  return true;
}

void Loop::fail_soon() {
  const std::lock_guard lock(mutex_);
  if (!accepting_) return;
  has_failed_ = true;
  uv_async_send(&wake_);
}

void Loop::run_posted() {
  Letter tasks;
  bool has_failed = false;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(posted_);
    has_failed = std::exchange(has_failed_, false);
  }
  if (has_failed) on_failure_();
  // Others work on what was sent meanwhile.
  constexpr int kTasksAtOnce = 16;
  for (int done = 1; !tasks.empty(); ++done) {
    contain(tasks.front());
    tasks.pop_front();  // what it held goes before the next one runs
    if (done % kTasksAtOnce == 0) run_later();
  }
}

void Loop::run_later() {
  while (!later_.empty()) {
    std::vector<Task> tasks;
    tasks.swap(later_);
    for (const Task &task : tasks) contain(task);
  }
}

void Loop::run_due() {
  while (auto timer = timers_.take_due(port::now_ms())) {
    const Task fire = (*timer)->fire;  // a copy: it may free its timer
    contain(fire);
    run_later();  // what it says is heard before another one finds that nothing was said
  }
}

// Only an earlier moment is worth a system call; a late one is found out when the alarm rings.
void Loop::set_alarm() {
  const core::Millis next = last_words_ ? std::min(timers_.next(), stop_at_) : timers_.next();
  if (next >= alarm_at_) return;
  alarm_at_ = next;
  port::alarm_set(alarm_, alarm_at_);
}

void Loop::stop(Task last_words, core::Millis at) {
  last_words_ = std::move(last_words);
  stop_at_ = at;
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
  contain(last_words_);
  uv_close(as_handle(&wake_), nullptr);
  uv_close(as_handle(&before_sleep_), nullptr);
  uv_close(as_handle(&alarm_ready_), nullptr);
  // What a backend of somebody else's did not free would keep the thread for ever.
  uv_walk(
      &uv_,
      [](uv_handle_t *left, void *self) {
        if (uv_is_closing(left) == 0)
          static_cast<Loop *>(self)->watch_free(static_cast<Watch *>(left->data));
      },
      this);
}

Loop::Watch *Loop::watch(int fd, int events, std::function<void(int)> ready) {
  if (!has_room_for(fd)) return nullptr;
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
    auto *loop = static_cast<Loop *>(poll->loop->data);
    loop->contain([&] { tell(status < 0 ? UV_READABLE | UV_WRITABLE : ready); });
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
