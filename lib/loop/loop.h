// loop.h - the one thread of a client, on a private uv loop.
//
// Only a handful of libuv calls are used, all of them in 1.43: inside Node they bind to Node's own
// copy. Nothing of libuv's global state is touched: no default loop, no thread pool, no signals.
#pragma once

#include <uv.h>

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/deadlines.h"
#include "core/time.h"

namespace repolock::loop {

class Loop {
 public:
  using Task = std::function<void()>;

  Loop();   // throws std::system_error when the system has no descriptors left
  ~Loop();  // its thread has ended, or never started

  // Runs on a thread of its own until stop(); then after_run, last, on that thread. on_failure: what
  // a task throws, for want of memory, ends with that task; who owns the loop is told of it.
  void start(Task after_run, Task on_failure);
  void start(Task after_run) {
    start(std::move(after_run), [] {});
  }

  // Any thread. Runs task on the loop's thread, in the order of the posts. False: the loop has
  // ended and the task will never run.
  bool post(Task task) { return post(letter(std::move(task))); }

  // The same in two steps: the second one needs no memory.
  using Letter = std::list<Task>;
  static Letter letter(Task task);
  bool post(Letter letter);

  // Any thread. Memory ran out where nobody can be told: as if a task had thrown.
  void fail_soon();

  // Any thread. Since when one and the same task runs; 0: none does.
  core::Millis busy_since() const { return busy_since_; }

  bool is_started() const { return thread_.load() != std::thread::id(); }
  bool on_its_thread() const { return std::this_thread::get_id() == thread_; }

  // ---- the loop's own thread, or before start() ----

  // Ends the thread soon, but not before that time, at a moment when nothing else of it is running:
  // what was accepted is run first, then last_words, then nothing any more.
  void stop(Task last_words, core::Millis at = 0);

  // Runs task before the thread sleeps again, when whoever is running now has returned.
  void later(Task task) { later_.push_back(std::move(task)); }

  struct Watch;
  // events: UV_READABLE, UV_WRITABLE. nullptr: not a descriptor that can be watched.
  Watch *watch(int fd, int events, std::function<void(int)> ready);
  void watch_set(Watch *watch, int events);
  void watch_free(Watch *watch);

  struct Timer {
    Task fire;
  };
  Timer *timer_new(Task fire) { return new Timer{std::move(fire)}; }
  void timer_set(Timer *timer, core::Millis at) { timers_.set(timer, at); }
  void timer_free(Timer *timer);

 private:
  static bool has_room_for(int fd);
  template <class Work>
  void contain(const Work &work);
  void run_posted();
  void run_later();
  void run_due();
  void set_alarm();
  void end();

  uv_loop_t uv_;
  uv_async_t wake_;
  uv_prepare_t before_sleep_;
  uv_poll_t alarm_ready_;
  int alarm_ = -1;
  core::Millis alarm_at_ = core::kForever;
  core::Deadlines<Timer *> timers_;
  std::vector<Task> later_;
  Task last_words_;  // set: to be stopped
  core::Millis stop_at_ = 0;
  bool stopping_ = false;
  Task on_failure_ = [] {};
  std::atomic<std::thread::id> thread_;
  std::atomic<core::Millis> busy_since_{0};

  std::mutex mutex_;  // of what follows; held for a push or a swap only
  Letter posted_;
  bool has_failed_ = false;
  bool accepting_ = true;
};

}  // namespace repolock::loop
