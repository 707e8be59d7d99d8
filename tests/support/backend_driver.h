// backend_driver.h - one backend table (plugin.h) driven without the library, as its host would.
//
//   BackendDriver driver;                                    // or driver(&clock): see fake_clock.h
//   assert_int_equal(driver.open(backend::memory::init, "memory:"), REPOLOCK_OK);
//   auto id = driver.acquire("a/b", lease_id(1));
//   assert_int_equal(driver.await(id).result(), REPOLOCK_OK);
//   ...
//   driver.close();
//   assert_no_violations(driver);                            // of plugin.h: see cmocka.h
//
// A driver is used by one thread at a time, which plays the client's own thread; what the backend
// tells it is recorded from any thread. It sleeps in poll() alone, so a test waits for events.
#pragma once

#include <repolock/plugin.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/fake_clock.h"
#include "support/records.h"

namespace repolock::testing {

// 32 hex digits that end in the number.
std::string lease_id(uint64_t number);

struct Claim {
  std::string repo;
  std::string lease_id;
  bool shared = false;
  uint64_t fence = 0;
  int64_t ttl_ms = 0;
  int32_t ended = REPOLOCK_PREVIOUS_NONE;
  bool inherited = false;
};

struct Acquire {
  bool shared = false;
  bool wait = true;
  int64_t ttl_ms = 30'000;
  int64_t deadline_ms = INT64_MAX;  // on the driver's now()
  std::string holder = "test";
};

using Options = std::vector<std::pair<std::string, std::string>>;

// How long run_until and await hold out before they let the test fail.
inline constexpr int64_t kGuardMs = 20'000;

class BackendDriver {
 public:
  // Without a clock: CLOCK_BOOTTIME. The clock must outlive the driver.
  explicit BackendDriver(FakeClock *clock = nullptr);
  ~BackendDriver();  // closes
  BackendDriver(const BackendDriver &) = delete;
  BackendDriver &operator=(const BackendDriver &) = delete;

  // The backend's table is read by its struct_size; E_PLUGIN if it has none or lacks a slot.
  repolock_status_t open(repolock_plugin_init_fn init, const std::string &url,
                         const Options &options = {});
  const std::string &open_error() const { return open_error_; }
  uint64_t capabilities() const;
  void close();

  // From now on every array of claims is sent as a newer library would, with longer elements.
  void pad_claims(size_t bytes) { padding_ = bytes; }

  // Each submits one request and gives its id.
  uint64_t acquire(const std::string &repo, const std::string &lease, const Acquire &how = {});
  uint64_t release(const std::string &repo, const std::string &lease, uint64_t fence = 0,
                   int32_t ended = REPOLOCK_PREVIOUS_RELEASED);
  uint64_t extend(const std::string &repo, const std::string &lease, int64_t ttl_ms = 30'000,
                  uint64_t fence = 0);
  uint64_t inspect(const std::string &repo = "");  // "": all
  uint64_t break_lease(const std::string &repo, const std::string &lease);
  uint64_t diagnose();
  // For several claims, or a deadline on something else than an acquire. how: only its wait,
  // deadline_ms and holder are looked at.
  uint64_t submit(int32_t kind, const std::vector<Claim> &claims, const Acquire &how = {});
  void cancel(uint64_t id);

  int64_t now() const;
  // Moves the fake clock, with all drivers attached to it.
  void advance(int64_t ms) { clock_->advance(ms); }

  // Turns the loop until the predicate holds. False: it did not within guard_ms; assert it.
  [[nodiscard]] bool run_until(const std::function<bool()> &predicate, int64_t guard_ms = kGuardMs);
  // Turns the loop until the answer is there; E_PENDING where it did not come.
  const Answer &await(uint64_t id, int64_t guard_ms = kGuardMs);
  // One turn: waits up to wait_ms for something, runs what is ready. False: nothing was.
  bool turn(int64_t wait_ms);
  // When the next timer is due; INT64_MAX: none.
  int64_t next_timer() const;

  // What the backend told so far. A reference stays good as long as the driver.
  bool answered(uint64_t id) const { return answer(id).status != REPOLOCK_E_PENDING; }
  const Answer &answer(uint64_t id) const;
  std::vector<Row> waiting(uint64_t id) const;  // the newest rows told about that acquire
  std::vector<Waiting> waitings() const;
  std::vector<Revocation> revocations() const;
  std::vector<NodeEvent> nodes() const;
  std::vector<LogLine> logs() const;
  std::vector<std::string> wakes() const;
  // Where the backend broke a rule of plugin.h, in words: a second answer, a call after close, a
  // timer left over, a watch set from another thread...
  std::vector<std::string> violations() const;

 private:
  struct Timer;
  struct Watch;
  struct HostTable;  // the host's side of plugin.h
  struct Post {
    repolock_post_cb callback;
    void *data;
  };

  void enter();  // this thread is the client's from now on
  void violation(const std::string &what);
  void check_thread(const char *what);
  void wake_loop();
  bool run_posts();
  bool run_timers();
  bool poll_watches(int64_t wait_ms);
  void check_answer(uint64_t id, const Answer &answer);

  FakeClock *clock_;
  repolock_backend_api_t backend_{};
  void *self_ = nullptr;
  std::string open_error_;
  size_t padding_ = 0;
  uint64_t last_id_ = 0;
  uint64_t last_timer_ = 0;
  int wake_fd_;
  std::vector<std::unique_ptr<Timer>> timers_;
  std::vector<std::unique_ptr<Watch>> watches_;
  std::atomic<std::thread::id> thread_;

  mutable std::mutex mutex_;  // guards all below: any thread writes there
  bool open_ = false;
  bool closed_ = false;
  std::deque<Post> posts_;
  std::map<uint64_t, std::pair<int32_t, size_t>> requests_;  // kind and number of claims
  std::map<uint64_t, Answer> answers_;
  std::vector<Waiting> waitings_;
  std::vector<Revocation> revocations_;
  std::vector<NodeEvent> nodes_;
  std::vector<LogLine> logs_;
  std::vector<std::string> wakes_;
  std::vector<std::string> violations_;
};

}  // namespace repolock::testing
