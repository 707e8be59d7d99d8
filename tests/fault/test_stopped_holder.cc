// SIGSTOP of a holder for three times its ttl, then SIGCONT: its first call knows whether it still
// holds, and nobody else held as long as it could believe so.
#include <signal.h>
#include <unistd.h>

#include <string>

#include "fault/plays.h"
#include "fault/scene.h"

#include "support/cmocka.h"

namespace {

using namespace repolock::testing;

constexpr int64_t kTtlMs = 300;

struct Case {
  const char *fault;
  const char *backend;   // "": the file of the scene
  const char *max_hold;  // ms; 0: none
  bool is_lost;
};

// Stopped between the two letters.
int hold(Child &test, const Case &that, const std::string &url) {
  const Client client = open_client(url, {{"max_hold_ms", that.max_hold}});
  if (!client) return 1;
  const Request request(repolock_request_new());
  repolock_request_set_ttl(request.get(), kTtlMs);
  const Op op = start_lock(client, Scene::kRepo, request);
  const Lease lease = take(op);
  if (!lease) return 2;
  test.say('h');
  test.hear();
  const auto first = repolock_lease_status(lease.get());
  const auto remaining = repolock_lease_remaining_ms(lease.get());
  if (!that.is_lost) {
    if (first != REPOLOCK_OK || remaining != INT64_MAX) return 3;
    return repolock_release(lease.get()) == REPOLOCK_OK ? 0 : 4;
  }
  if (first != REPOLOCK_E_LOST || remaining != 0) return 5;
  if (repolock_lease_message(lease.get())[0] == '\0') return 6;
  return repolock_release(lease.get()) == REPOLOCK_E_LOST ? 0 : 7;
}

int hold_and_wait(const Case &that) {
  const Scene scene;
  const bool is_file = that.backend[0] == '\0';
  const std::string url = is_file ? scene.directory.url() : that.backend;
  Child holder([&](Child &test) { return hold(test, that, url); });
  if (holder.hear() != 'h') return 10;
  holder.stop();
  std::unique_ptr<Child> waiter;
  if (is_file) {
    waiter = scene.holder();
    if (waiter->hear() != 'w') return 11;
  }
  usleep(3 * kTtlMs * 1000);
  // A stopped process keeps its lock, whatever it was told of its end.
  if (waiter && waiter->has_said()) return 12;
  holder.say('r');
  holder.kill(SIGCONT);
  if (const int ended = holder.wait(); ended != 0) return ended;
  return !waiter || (holds(*waiter) && lets_go(*waiter)) ? 0 : 13;
}

void stopped(const Case &that) {
  row row = begin_row(that.fault, kAtATime);
  play(&row, [&](int) { return hold_and_wait(that); });
  assert_true(end_row(&row, "ttl %lld ms", static_cast<long long>(kTtlMs)));
}

void in_memory_it_is_lost(void **) {
  stopped({"SIGSTOP of a holder of memory: for 3 ttl", "memory:stopped", "0", true});
}
void in_a_file_it_is_kept(void **) {
  stopped({"SIGSTOP of a holder of file: for 3 ttl", "", "0", false});
}
void beyond_its_max_hold_it_is_lost(void **) {
  stopped({"SIGSTOP of a holder of file: beyond its max_hold", "", "300", true});
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(in_memory_it_is_lost),
      cmocka_unit_test(in_a_file_it_is_kept),
      cmocka_unit_test(beyond_its_max_hold_it_is_lost),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
